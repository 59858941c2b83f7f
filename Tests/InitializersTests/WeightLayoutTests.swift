import Foundation
import Nascent
import Testing

struct WeightLayoutTests {
  private func fans(
    _ layout: WeightLayout, _ shape: [Int]
  ) throws -> (Double, Double) {
    let fans = Fans(of: try ResolvedLayout(layout, on: Shape(shape), for: "Test"))
    return (fans.fanIn, fans.fanOut)
  }

  @Test(
    arguments: [
      (.inOut, [7, 11], 7, 11), (.outIn, [11, 7], 7, 11), (.hwio, [3, 3, 16, 32], 144, 288),
      (.oihw, [32, 16, 3, 3], 144, 288), (.ohwi, [32, 3, 3, 16], 144, 288),
      // Each output of a depthwise kernel sees one channel: nine taps, not 9 · 16.
      (.depthwiseHWIM, [3, 3, 16, 2], 9, 18), (.transposedHWOI, [3, 3, 32, 16], 144, 288),
      (.transposedIOHW, [16, 32, 3, 3], 144, 288), (.inHeads, [64, 8, 16], 64, 128),
      (.headsOut, [8, 16, 64], 128, 64), (.expertsInOut, [8, 64, 256], 64, 256),
      (.expertsOutIn, [8, 256, 64], 64, 256),
    ] as [(WeightLayout.Name, [Int], Double, Double)])
  func `each name has its fans`(
    name: WeightLayout.Name, shape: [Int], fanIn: Double, fanOut: Double
  ) throws {
    #expect(try fans(WeightLayout(name), shape) == (fanIn, fanOut))
  }

  @Test func `groups divide the outputs, and inputs of PyTorch's transposed convolutions`() throws {
    // 64 inputs and outputs in 32 groups: two inputs, two outputs, nine taps.
    #expect(try fans(WeightLayout(.oihw, groups: 32), [64, 2, 3, 3]) == (18, 18))
    #expect(try fans(WeightLayout(.hwio, groups: 32), [3, 3, 2, 64]) == (18, 18))
    #expect(try fans(WeightLayout(.transposedIOHW, groups: 32), [64, 2, 3, 3]) == (18, 18))
    // PyTorch's depthwise convolution: one input a group, twice as many outputs.
    #expect(try fans(WeightLayout(.oihw, groups: 16), [32, 1, 3, 3]) == (9, 18))
  }

  @Test func `packed weights have the fans of one of them`() throws {
    #expect(try fans(WeightLayout(.inOut, packed: 3), [768, 2304]) == (768, 768))
    #expect(try fans(WeightLayout(.outIn, packed: 3), [2304, 768]) == (768, 768))
  }

  @Test func `explicit axes may count from the end`() throws {
    let layout = try WeightLayout(inputAxes: [-3], outputAxes: [-2, -1], batchAxes: [0])
    #expect(try fans(layout, [4, 64, 8, 16]) == (64, 128))
  }

  @Test(arguments: [
    (#""oihw""#, #""oihw""#), (#"{"name": "oihw", "groups": 4}"#, #"{"groups":4,"name":"oihw"}"#),
    (#"{"name": "oihw"}"#, #""oihw""#),
    (#"{"in": [0], "out": [1, 2]}"#, #"{"in":[0],"out":[1,2]}"#),
    (
      #"{"in": 0, "out": -1, "batch": [1], "packed": 2}"#,
      #"{"batch":[1],"in":[0],"out":[-1],"packed":2}"#
    ),
  ])
  func `a layout reads back as it was written`(text: String, canonical: String) throws {
    let layout = try JSONValue(parsing: Data(text.utf8))
    let initializer = try InitializerRegistry.standard.initializer(
      ["class_name": "HeNormal", "config": ["layout": layout]])
    #expect(initializer.configuration.config["layout"]?.canonicalText == canonical)
  }

  @Test(arguments: [
    #""hiwo""#, #"{"name": "oihw", "in": [0]}"#, #"{"in": [0]}"#,
    #"{"name": "oihw", "strides": 2}"#,
    #"{"name": "oihw", "groups": 0}"#, #"{"name": "oihw", "groups": 2.5}"#, "7", "[1, 0]",
    #"{"in": [0], "out": [0]}"#, #"{"in": [0], "out": [99999]}"#, #"{"name": 3}"#,
    #"{"in": [-9223372036854775808], "out": [0]}"#,
    #"{"name": "oihw", "groups": 9223372036854775807}"#,
  ])
  func `a layout of another form is refused`(text: String) throws {
    let layout = try JSONValue(parsing: Data(text.utf8))
    let error = #expect(throws: InitializerError.self) {
      try InitializerRegistry.standard.initializer(
        ["class_name": "HeNormal", "config": ["layout": layout]])
    }
    #expect(error?.code == .invalidParameter)
  }

  @Test func `an unknown layout is refused with the known ones`() {
    let error = #expect(throws: InitializerError.self) {
      try InitializerRegistry.standard.initializer(["class_name": "ZerO", "config": [:]])
    }
    #expect(
      error?.message == """
        ZerO needs layout to be one of in_out, out_in, hwio, oihw, ohwi, depthwise_hwim, \
        transposed_hwoi, transposed_iohw, in_heads, heads_out, experts_in_out, experts_out_in, or \
        an object such as {"name": "oihw", "groups": 2} or {"in": [0], "out": [1, 2]}, found nothing.
        Correct the parameter.
        """)
  }

  @Test(
    arguments: [
      (
        .oihw, 1, 1, [64, 3],
        """
        HeNormal needs a shape of the form [out, in, …] with at least one axis after, found \
        [64, 3] of rank 2.
        Choose such a shape, or another initializer.
        """
      ),
      (
        .oihw, 5, 1, [64, 2, 3, 3],
        """
        HeNormal has a layout of 5 groups, which do not divide the 64 channels of shape [64, 2, 3, 3].
        Correct the layout, or the shape.
        """
      ),
      (
        .inOut, 1, 3, [64, 64],
        """
        HeNormal has a layout of 3 packed parts, which do not divide the 64 channels of shape \
        [64, 64].
        Correct the layout, or the shape.
        """
      ),
    ] as [(WeightLayout.Name, Int, Int, [Int], String)])
  func `a shape that a layout does not have is refused`(
    name: WeightLayout.Name, groups: Int, packed: Int, shape: [Int], message: String
  ) throws {
    let initializer = VarianceScalingInitializer.heNormal().with(
      try WeightLayout(name, groups: groups, packed: packed))
    let error = #expect(throws: InitializerError.self) {
      try initializer.validate(Shape(shape), .float32, in: .tensorFlow)
    }
    #expect(error?.code == .unsuitableShape)
    #expect(error?.message == message)
  }

  @Test func `an axis that a shape does not have is refused`() throws {
    let layout = try WeightLayout(inputAxes: [-1], outputAxes: [1])
    let error = #expect(throws: InitializerError.self) {
      try VarianceScalingInitializer.heNormal().with(layout).validate(
        Shape([3, 4]), .float32, in: .tensorFlow)
    }
    #expect(
      error?.message == """
        HeNormal has a layout with axis 1, which shape [3, 4] does not have, or has for another \
        meaning.
        Correct the layout's axes, or the shape.
        """)
  }
}
