import Foundation
import Initializers
import Testing
import VariableGraph

/// Each refusal of an initializer's configuration, with its whole message.
struct InitializerErrorTests {
  @Test(arguments: [
    (
      #"{"class_name": "HeUniform", "config": {"seed": 1.5}}"#,
      """
      HeUniform needs seed to be null or a 64-bit integer, found 1.5.
      Correct the parameter.
      """
    ),
    (
      #"{"class_name": "HeUniform", "config": {"sed": 1}}"#,
      """
      HeUniform has no parameter "sed"; it has seed.
      Remove it or correct its name.
      """
    ),
    (
      #"{"class_name": "VarianceScaling", "config": {"scale": 0}}"#,
      """
      VarianceScaling needs scale to be positive and finite, found 0.0.
      Correct the parameter.
      """
    ),
    (
      #"{"class_name": "VarianceScaling", "config": {"mode": "fan"}}"#,
      """
      VarianceScaling needs mode to be one of fan_in, fan_out, fan_avg, found fan.
      Correct the parameter.
      """
    ),
    (
      #"{"class_name": "Constant", "config": {"value": "x"}}"#,
      """
      Constant needs value to be numbers, found "x".
      Correct the parameter.
      """
    ),
    (
      #"["he_uniform"]"#,
      """
      ["he_uniform"] is not an initializer: it is neither a name nor a config object.
      Write "he_uniform", or {"class_name": "HeUniform", "config": {"seed": 7}}.
      """
    ),
    (
      #""xavier""#,
      """
      There is no initializer "xavier"; there are Zeros, Ones, Constant, RandomUniform, \
      RandomNormal, TruncatedNormal, VarianceScaling, GlorotUniform, GlorotNormal, HeUniform, \
      HeNormal, LecunUniform, LecunNormal, Orthogonal, Identity.
      Correct the name, or register an initializer of your own.
      """
    ),
  ])
  func `a wrong configuration is refused`(json: String, message: String) throws {
    let value = try JSONValue(parsing: Data(json.utf8))
    #expect {
      try InitializerRegistry.keras.initializer(value)
    } throws: { error in
      (error as? InitializerError)?.message == message
    }
  }

  @Test(arguments: ["he_uniform", "HeUniform", "heUniform", "HE_UNIFORM", "kaiming_uniform"])
  func `Keras's spellings name one initializer`(name: String) throws {
    let initializer = try InitializerRegistry.keras.initializer(.string(name))
    #expect(
      initializer.configuration.json.canonicalText
        == #"{"class_name":"HeUniform","config":{"seed":null}}"#)
  }

  @Test func `configurations read back as they were written`() throws {
    for entry in InitializerRegistry.keras.entries {
      let made = try InitializerRegistry.keras.initializer(.string(entry.className))
      let again = try InitializerRegistry.keras.initializer(made.configuration.json)
      #expect(again.configuration == made.configuration)
    }
  }

  @Test func `what Keras writes besides is accepted`() throws {
    let json = """
      {"module": "keras.initializers", "class_name": "GlorotUniform", "registered_name": null,
       "config": {"seed": 3, "input_axes": null, "output_axes": null}}
      """
    let initializer = try InitializerRegistry.keras.initializer(
      JSONValue(parsing: Data(json.utf8)))
    #expect(initializer.seeding == .own(3))
  }
}
