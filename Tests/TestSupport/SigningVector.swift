public import Foundation
public import Nascent

/// The files of `Tests/Vectors/signing`: a model, keys, and signatures that model_signing made.
public enum SigningVector {
  /// The path of a file in the folder.
  public static func path(_ file: String) -> String {
    ProjectFiles.root.appending(path: "Tests/Vectors/signing/\(file)").path
  }

  /// The bytes of a file in the folder.
  public static func data(_ file: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path(file)))
  }

  /// The key that made the signatures.
  public static func signingKey() throws -> SigningKey {
    try SigningKey(pem: data("sec1.pem"), file: "sec1.pem")
  }

  /// Its public key.
  public static func verifyingKey() throws -> VerifyingKey {
    try VerifyingKey(pem: data("public.pem"), file: "public.pem")
  }

  /// A copy of the model that a test may change.
  public static func copyModel(to folder: TemporaryFolder) throws -> String {
    let copy = folder.path("model")
    try FileManager.default.copyItem(atPath: path("model"), toPath: copy)
    return copy
  }
}
