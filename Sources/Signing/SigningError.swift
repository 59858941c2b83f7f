/// Why something cannot be signed, or a signature cannot be read or does not hold.
public struct SigningError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The file is not a bundle, or what it signs is not a statement about a model.
    public static let malformedBundle = Code(name: "malformedBundle")
    /// The bundle is right, and made in a way that Nascent does not check.
    public static let unsupportedBundle = Code(name: "unsupportedBundle")
    /// The file has no key that can be used.
    public static let unsuitableKey = Code(name: "unsuitableKey")
    /// The signature was made by another key, or over other bytes.
    public static let invalidSignature = Code(name: "invalidSignature")
    /// The files cannot be signed or checked: a link, a pipe, two of one name, none.
    public static let unsuitableModel = Code(name: "unsuitableModel")
    /// A checkpoint cannot be signed: a variable has no value, or its bytes are damaged.
    public static let unsuitableCheckpoint = Code(name: "unsuitableCheckpoint")
    /// A folder cannot be read.
    public static let inputOutput = Code(name: "inputOutput")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  // MARK: - Bundles

  static func malformed(_ file: String, because reason: String) -> SigningError {
    SigningError(
      code: .malformedBundle,
      message: """
        "\(file)" is not the signature of a model: \(reason).
        Give the file that `nascent sign` or model_signing wrote; copy or download it again.
        """)
  }

  static func unsupported(_ file: String, because reason: String) -> SigningError {
    SigningError(
      code: .unsupportedBundle,
      message: """
        Cannot check the signature "\(file)": \(reason).
        Nascent checks signatures by a key, over the SHA-256 of whole files; model_signing checks others.
        """)
  }

  static func newerCheckpoint(_ file: String, format: String) -> SigningError {
    SigningError(
      code: .unsupportedBundle,
      message: """
        Cannot check the signature "\(file)": it signs a checkpoint in the form \
        \(format.prefix(80).debugDescription), and this program knows "\(SignedCheckpoint.format)".
        Check it with a newer version of Nascent.
        """)
  }

  static func tooLarge(_ byteCount: Int) -> SigningError {
    SigningError(
      code: .unsuitableModel,
      message: """
        Cannot sign so many files or variables: the signature would have \(byteCount) bytes, and at most \
        \(SignatureBundle.maximumByteCount) are read.
        Sign the exported file, or a folder of fewer files.
        """)
  }

  // MARK: - Signatures

  static func otherKey(_ file: String, signed: String, given: String) -> SigningError {
    SigningError(
      code: .invalidSignature,
      message: """
        The signature "\(file)" was not made by this key: it names the key \
        \(signed.prefix(80).debugDescription), and this one is "\(given)".
        Give the public key of who signed.
        """)
  }

  static func invalidSignature(_ file: String) -> SigningError {
    SigningError(
      code: .invalidSignature,
      message: """
        The signature "\(file)" does not hold: it was made by another key, or what it signs was changed \
        afterwards.
        Do not use the model; get it and its signature again from who signed.
        """)
  }

  // MARK: - Keys

  static func noKey(_ file: String, _ wanted: String) -> SigningError {
    SigningError(
      code: .unsuitableKey,
      message: """
        "\(file)" holds no \(wanted) key in PEM.
        `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem` makes a private key, \
        `openssl pkey -in key.pem -pubout -out public.pem` its public one.
        """)
  }

  static func encryptedKey(_ file: String) -> SigningError {
    SigningError(
      code: .unsuitableKey,
      message: """
        The private key "\(file)" is encrypted with a password, which Nascent does not ask for.
        `openssl pkey -in key.pem -out plain.pem` writes it without; keep that file for as long as you sign.
        """)
  }

  static func privateKeyGiven(_ file: String) -> SigningError {
    SigningError(
      code: .unsuitableKey,
      message: """
        "\(file)" holds a private key, and checking takes the public one.
        `openssl pkey -in key.pem -pubout -out public.pem` writes it.
        """)
  }

  static func otherCurve(_ file: String) -> SigningError {
    SigningError(
      code: .unsuitableKey,
      message: """
        The key "\(file)" is damaged or not on the curve P-256 (prime256v1, secp256r1), the only one that \
        Nascent has.
        `openssl pkey -in key.pem -noout -text` says what it is; `openssl genpkey -algorithm EC -pkeyopt \
        ec_paramgen_curve:P-256 -out key.pem` makes another.
        """)
  }

  // MARK: - Models

  static func notPlain(_ path: String, _ kind: String) -> SigningError {
    SigningError(
      code: .unsuitableModel,
      message: """
        Cannot sign or check \(path.debugDescription): it is \(kind), and only files and folders are signed.
        Put the file itself in its place, or leave it out with --ignore.
        """)
  }

  static func nothingToSign(_ path: String) -> SigningError {
    SigningError(
      code: .unsuitableModel,
      message: """
        There is nothing to sign or check in \(path.debugDescription): it has no file that is not ignored.
        Check the path, and what --ignore names.
        """)
  }

  static func notTogether(_ paths: [String]) -> SigningError {
    SigningError(
      code: .unsuitableModel,
      message: """
        Cannot sign or check \(paths.prefix(5).map(\.debugDescription).joined(separator: ", ")) together: \
        they are not different files of one folder.
        Give one folder, or files that stand beside each other, each once.
        """)
  }

  static func unreadable(_ path: String, _ reason: String) -> SigningError {
    SigningError(
      code: .inputOutput,
      message: """
        Cannot read \(path.debugDescription): \(reason).
        Check the path and your permissions.
        """)
  }

  // MARK: - Checkpoints

  /// A checkpoint that has not all its values.
  package static func incomplete(_ checkpoint: String, missing: [String]) -> SigningError {
    let rest = missing.count > 5 ? " and \(missing.count - 5) more" : ""
    return SigningError(
      code: .unsuitableCheckpoint,
      message: """
        Cannot sign checkpoint "\(checkpoint)": there is no value of \
        \(missing.prefix(5).map(\.debugDescription).joined(separator: ", "))\(rest).
        Materialize the whole graph first.
        """)
  }

  /// A checkpoint whose bytes are damaged.
  package static func damaged(_ checkpoint: String, _ damage: String, count: Int) -> SigningError {
    SigningError(
      code: .unsuitableCheckpoint,
      message: """
        Cannot sign checkpoint "\(checkpoint)": it is damaged in \(count) places, first \(damage).
        `nascent verify` lists them; materialize with --on-existing replace, or restore the file, first.
        """)
  }
}
