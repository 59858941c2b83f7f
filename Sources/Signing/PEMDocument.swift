/// One block of a PEM file: what stands between `-----BEGIN LABEL-----` and `-----END LABEL-----`.
struct PEMDocument {
  /// What the block holds, such as `PUBLIC KEY`.
  let label: String
  /// True where a header says that the block is encrypted.
  let isEncrypted: Bool
  private let base64: String

  /// The block alone, in lines of 64 characters.
  var text: String {
    var lines = ["-----BEGIN \(label)-----"]
    var rest = base64[...]
    while !rest.isEmpty {
      lines.append(String(rest.prefix(64)))
      rest = rest.dropFirst(64)
    }
    return (lines + ["-----END \(label)-----"]).joined(separator: "\n") + "\n"
  }

  /// The blocks of a file in order. What stands outside of them is ignored, as OpenSSL does, which
  /// writes the parameters of a curve before a key.
  static func all(in text: String) -> [PEMDocument] {
    var found: [PEMDocument] = []
    var label: String?
    var body: [Substring] = []
    for line in text.split(whereSeparator: \.isNewline) {
      if let open = label {
        if line == "-----END \(open)-----" {
          let headers = body.filter { $0.contains(":") }
          found.append(
            PEMDocument(
              label: open, isEncrypted: headers.contains { $0.contains("ENCRYPTED") },
              base64: body.filter { !$0.contains(":") }.joined()))
          label = nil
        } else {
          body.append(line)
        }
      } else if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----"), line.utf8.count > 16 {
        label = String(line.dropFirst(11).dropLast(5))
        body = []
      }
    }
    return found
  }
}
