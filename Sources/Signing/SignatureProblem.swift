/// One way in which a model is not the one that was signed.
public struct SignatureProblem: Sendable, Hashable, CustomStringConvertible {
  /// What kind of difference this is.
  public enum Kind: String, Sendable {
    /// A file or a value is another one.
    case changed
    /// A file or a variable that was signed is not there.
    case missing
    /// A file or a variable is there that was not signed.
    case unsigned
    /// Stored bytes do not have the digest that the store itself records.
    case damaged
    /// The signature is for another checkpoint.
    case otherCheckpoint
    /// Initializers, seeds, aliases: the declarations are not those that were signed.
    case otherDeclarations
    /// The values as a whole are not those that were signed.
    case otherContent
  }

  /// What kind of difference this is.
  public let kind: Kind
  /// The file, the variable or the checkpoint.
  public let name: String
  /// What is different, with the values.
  public let description: String

  /// Describes a difference.
  package init(_ kind: Kind, _ name: String, _ description: String) {
    self.kind = kind
    self.name = name
    self.description = description
  }

  /// Compares what was signed under names with what is there.
  ///
  /// - Parameter noun: What the names name: `file` or `variable`.
  static func compare<Value: Equatable>(
    signed: [(name: String, value: Value)], found: [(name: String, value: Value)], noun: String,
    describe: (Value) -> String
  ) -> [SignatureProblem] {
    // Names are compared by their bytes: to a file system, é in one letter and in two may be two names.
    func byBytes(_ values: [(name: String, value: Value)]) -> [[UInt8]: Value] {
      Dictionary(values.map { (Array($0.name.utf8), $0.value) }) { _, last in last }
    }
    let signedValues = byBytes(signed)
    let foundValues = byBytes(found)
    let lost = signed.compactMap { name, value -> SignatureProblem? in
      let quoted = "\(noun) \(name.debugDescription)"
      guard let other = foundValues[Array(name.utf8)] else {
        return SignatureProblem(.missing, name, "\(quoted) was signed and is not there")
      }
      guard other != value else { return nil }
      return SignatureProblem(
        .changed, name, "\(quoted) is \(describe(other)), signed as \(describe(value))")
    }
    let added = found.filter { signedValues[Array($0.name.utf8)] == nil }.map {
      SignatureProblem(
        .unsigned, $0.name, "\(noun) \($0.name.debugDescription) is there and was not signed")
    }
    return lost + added
  }
}

extension SignedStatement {
  /// How files differ from those that were signed; empty where they are the same.
  ///
  /// - Throws: `SigningError.Code.inputOutput`, `FileAccessError`.
  public func problems(with files: ModelFiles) throws -> [SignatureProblem] {
    SignatureProblem.compare(
      signed: resources.map { ($0.name, $0.digest) },
      found: try files.resources().map { ($0.name, $0.digest) }, noun: "file"
    ) { "\($0)" }
  }
}

extension SignedCheckpoint {
  /// How another checkpoint differs from this one, which was signed; empty where they are the same.
  public func problems(with found: SignedCheckpoint) -> [SignatureProblem] {
    var problems = SignatureProblem.compare(
      signed: values.map { ($0.name, $0) }, found: found.values.map { ($0.name, $0) },
      noun: "variable"
    ) { "\($0.dtype) \($0.shape) with the root \($0.root)" }
    if !found.name.utf8.elementsEqual(name.utf8) {
      problems.append(
        SignatureProblem(
          .otherCheckpoint, found.name,
          """
          the signature is for checkpoint \(name.debugDescription), and this is \
          \(found.name.debugDescription); --checkpoint chooses
          """))
    }
    if found.specFingerprint != specFingerprint {
      problems.append(
        SignatureProblem(
          .otherDeclarations, found.name,
          "the spec fingerprint is \(found.specFingerprint), signed as \(specFingerprint)"))
    }
    if found.contentDigest != contentDigest {
      problems.append(
        SignatureProblem(
          .otherContent, found.name,
          "the content digest is \(found.contentDigest), signed as \(contentDigest)"))
    }
    return problems
  }
}
