import Foundation
import Nascent
import TestSupport
import Testing

/// Config objects as `keras.initializers.serialize` of Keras 3.15 writes them; see
/// `Tests/Vectors/make_jax.py`.
struct KerasObjectTests {
  private func objects() throws -> [JSONValue] {
    let url = ProjectFiles.root.appending(path: "Tests/Vectors/keras-objects.json")
    guard case .array(let objects) = try JSONValue(parsing: Data(contentsOf: url)) else {
      return []
    }
    return objects
  }

  @Test func `every object of Keras is read, and written as Keras writes it`() throws {
    let objects = try objects()
    var written = 0
    for object in objects {
      let made = try InitializerRegistry.standard.initializer(object)
      // Wrappers are taken off: a generator stands for its seed, an array for its numbers.
      guard !object.canonicalText.contains("SeedGenerator"),
        !object.canonicalText.contains("\"__")
      else { continue }
      #expect(made.configuration.kerasObject.map(numbersAlike) == numbersAlike(object))
      written += 1
    }
    #expect(objects.count == 15)
    #expect(written == 12)
  }

  /// 2 and 2.0 are one number in JSON.
  private func numbersAlike(_ value: JSONValue) -> JSONValue {
    switch value {
    case .integer(let number): .double(Double(number))
    case .array(let items): .array(items.map(numbersAlike))
    case .object(let members): .object(members.mapValues(numbersAlike))
    default: value
    }
  }

  @Test func `a nested seed generator stands for its seed`() throws {
    let object = try #require(
      try objects().first { $0.canonicalText.contains("SeedGenerator") })
    #expect(try InitializerRegistry.standard.initializer(object).seeding == .own(5))
    let unseeded = try JSONValue(
      parsing: Data(
        #"""
        {"class_name": "HeUniform", "config": {"seed": {"class_name": "SeedGenerator",
         "config": {"seed": null}}}}
        """#.utf8))
    #expect(try InitializerRegistry.standard.initializer(unseeded).seeding == .graph)
  }

  @Test func `arrays and tensors of Keras are lists`() throws {
    let wrapped = try objects().filter { $0.canonicalText.contains("\"__") }
    let values = try wrapped.map {
      try InitializerRegistry.standard.initializer($0).configuration.config["value"]
    }
    #expect(values == [[1.0, 2.0], [1.0, 1.0]])
  }

  @Test func `the gain of an identity is kept where Keras leaves it out`() throws {
    #expect(
      IdentityInitializer(gain: 1.5).configuration.kerasObject == [
        "module": "keras.initializers", "class_name": "Identity", "config": ["gain": 1.5],
        "registered_name": nil,
      ])
    #expect(JAXRandomInitializer(.uniform).configuration.kerasObject == nil)
  }

  /// Keras 3: `compute_fans([3, 4, 5], [0, -1], [1])` is (15, 4).
  @Test func `fans are counted by input and output axes`() throws {
    let initializer = try VarianceScalingInitializer(scale: 2, mode: .fanIn)
    let counted = initializer.counting(KerasAxes(inputs: [0, -1], outputs: [1]))
    #expect(counted.variance(for: try Shape([3, 4, 5])) == 2.0 / 15)
    let half = initializer.counting(KerasAxes(inputs: [0], outputs: nil))
    #expect(half.variance(for: try Shape([3, 4, 5])) == 2.0 / 12)
    var graph = VariableGraph()
    #expect {
      try graph.declare(
        "v", shape: [3], initializer: initializer.counting(KerasAxes(inputs: [1], outputs: [0])))
    } throws: { error in
      (error as? GraphError)?.message == """
        Cannot declare variable "v": VarianceScaling needs a shape of enough axes for axis 1, found \
        [3] of rank 1.
        Choose such a shape, or another initializer.
        """
    }
  }

  @Test func `axes that are no lists are refused`() throws {
    let json = #"{"class_name": "HeNormal", "config": {"input_axes": 1}}"#
    #expect {
      try InitializerRegistry.standard.initializer(JSONValue(parsing: Data(json.utf8)))
    } throws: { error in
      (error as? InitializerError)?.message == """
        HeNormal needs input_axes to be null or a list of axes, found 1.
        Correct the parameter.
        """
    }
  }
}
