import Foundation
import Nascent
import Testing

/// Each parameter that is out of its range, and each shape that does not fit, is refused.
struct ZooErrorTests {
  @Test(arguments: [
    (
      #"{"class_name":"DepthScaledNormal"}"#, "layers to be an integer of at least 1, found nothing"
    ),
    (
      #"{"class_name":"DepthScaledNormal","config":{"layers":0}}"#,
      "layers to be an integer of at least 1, found 0"
    ),
    (
      #"{"class_name":"DepthScaledNormal","config":{"layers":2,"stddev":0}}"#,
      "stddev to be a positive, finite number, found 0"
    ),
    (
      #"{"class_name":"SmallInit","config":{"dim":2.5}}"#,
      "dim to be an integer of at least 1, found 2.5"
    ),
    (
      #"{"class_name":"WangInit","config":{"dim":2}}"#,
      "layers to be an integer of at least 1, found nothing"
    ),
    (
      #"{"class_name":"Fixup","config":{"branches":2,"depth":1,"layout":"in_out"}}"#,
      "depth to be an integer from 2 to 1000000, found 1"
    ),
    (
      #"{"class_name":"TFixup","config":{"layers":2}}"#,
      "layout to be the layout of the weight, such as in_out, found nothing"
    ),
    (
      #"{"class_name":"TFixup","config":{"layers":2,"part":"middle"}}"#,
      "part to be one of encoder, decoder, embedding, found \"middle\""
    ),
    (
      #"{"class_name":"DeepNorm","config":{"layout":"in_out"}}"#,
      "encoder_layers to be at least 1, found 0"
    ),
    (
      #"{"class_name":"LayerScale","config":{"depth":2,"value":1}}"#,
      "depth to be given without value, found both depth and value"
    ),
    (
      #"{"class_name":"MuP","config":{"stddev":1,"base_shape":[0,2],"layout":"in_out"}}"#,
      "base_shape to be a list of sizes of at least 1, found [0, 2]"
    ),
    (
      #"{"class_name":"MuP","config":{"stddev":1,"base_shape":3,"layout":"in_out"}}"#,
      "base_shape to be a list of integers of at least 0, found 3"
    ),
    (
      #"{"class_name":"IDInit","config":{"part":"end","layout":"in_out"}}"#,
      "part to be one of identity, zero, found \"end\""
    ),
    (
      #"{"class_name":"ZerO","config":{"layout":{"name":"oihw","groups":2}}}"#,
      #"layout to be a layout of one group and one part, found {"groups":2,"name":"oihw"}"#
    ),
    (
      #"{"class_name":"Siren","config":{"layout":"in_out","is_first":1}}"#,
      "is_first to be true or false, found 1"
    ),
    (
      #"{"class_name":"ForgetGateBias","config":{"gate":4}}"#, "gate to be from 0 to 3, found 4"
    ),
    (
      #"{"class_name":"HiPPO","config":{"measure":"x"}}"#,
      "measure to be one of legs, legt, lagt, found \"x\""
    ),
    (
      #"{"class_name":"S4DLogStep","config":{"dt_min":0.2}}"#,
      "dt_max to be finite and at least dt_min, 0.2, found 0.1"
    ),
    (
      #"{"class_name":"Mamba2ALog","config":{"minimum":20}}"#,
      "maximum to be finite and at least minimum, 20.0, found 16.0"
    ),
    (
      #"{"class_name":"SinusoidalTable","config":{"start":1099511627776}}"#,
      "start to be from 0 to 2^40 − 1, found 1099511627776"
    ),
    (
      #"{"class_name":"Linspace","config":{"start":-1.7e308,"stop":1.7e308}}"#,
      "stop to be at a finite distance from start, -1.7e+308, found 1.7e+308"
    ),
    (
      #"{"class_name":"OneHot","config":{"indices":[1,-1]}}"#,
      "indices to be a list of integers of at least 0, found [1,-1]"
    ),
    (
      #"{"class_name":"Sparse","config":{"connections":-1,"layout":"out_in"}}"#,
      "connections to be an integer of at least 0, found -1"
    ),
  ])
  func `a wrong parameter is refused by name`(text: String, sentence: String) throws {
    let value = try JSONValue(parsing: Data(text.utf8))
    let error = #expect(throws: InitializerError.self) {
      try InitializerRegistry.standard.initializer(value)
    }
    #expect(error?.code == .invalidParameter)
    #expect(
      error?.message.hasSuffix("\(sentence).\nCorrect the parameter.") == true,
      "\(error?.message ?? "")")
  }

  @Test(arguments: [
    (#"{"class_name":"HiPPO"}"#, [3, 4], "a shape [N, N] for A"),
    (#"{"class_name":"HiPPO","config":{"matrix":"B"}}"#, [3, 4], "a shape [N] or [N, 1] for B"),
    (#"{"class_name":"ForgetGateBias"}"#, [10], "a last axis divisible by 4 gates"),
    (
      #"{"class_name":"DeltaOrthogonal","config":{"layout":"in_out"}}"#, [5, 4],
      "no more inputs (5) than outputs (4)"
    ),
    (
      #"{"class_name":"RotaryTable","config":{"arrangement":"repeated"}}"#, [4, 5],
      "an even number of columns"
    ),
    (
      #"{"class_name":"OneHot","config":{"indices":[1,2]}}"#, [3, 4],
      "as many rows as indices, 2"
    ),
    (
      #"{"class_name":"OneHot","config":{"indices":[1,4]}}"#, [2, 4],
      "more columns than the largest index, 4"
    ),
  ])
  func `a shape that does not fit is refused`(text: String, shape: [Int], needed: String) throws {
    let initializer = try InitializerRegistry.standard.initializer(
      JSONValue(parsing: Data(text.utf8)))
    let error = #expect(throws: InitializerError.self) {
      try initializer.validate(Shape(shape), .float32, in: .tensorFlow)
    }
    let className = initializer.configuration.className
    #expect(
      error?.message == """
        \(className) needs \(needed), found shape \(try Shape(shape)).
        Choose such a shape, or another initializer.
        """)
  }

  @Test(arguments: [
    (#"{"class_name":"Range","config":{"start":0.5}}"#, [3], "0.5", ScalarType.int32),
    (#"{"class_name":"Range"}"#, [300], "299.0", .uint8),
    (#"{"class_name":"Range","config":{"step":-1}}"#, [3], "-1.0", .uint64),
    (#"{"class_name":"Range","config":{"step":1e15}}"#, [30], "2.9e+16", .int64),
  ])
  func `an integer dtype that lacks a value is refused`(
    text: String, shape: [Int], value: String, type: ScalarType
  ) throws {
    let initializer = try InitializerRegistry.standard.initializer(
      JSONValue(parsing: Data(text.utf8)))
    let error = #expect(throws: InitializerError.self) {
      try initializer.validate(Shape(shape), type, in: .tensorFlow)
    }
    #expect(error?.code == .unsuitableScalarType)
    #expect(
      error?.message == """
        Range has the value \(value), which is not a value of dtype \(type).
        Choose a value that the dtype holds, or another dtype.
        """)
  }

  @Test func `integers are refused by all that make fractions`() throws {
    for name in ["SinusoidalTable", "HiPPO", "MambaALog", "MambaDtBias", "S4D", "Linspace"] {
      let initializer = try InitializerRegistry.standard.initializer(.string(name))
      let error = #expect(throws: InitializerError.self) {
        try initializer.validate(Shape([4, 4]), .int32, in: .tensorFlow)
      }
      #expect(error?.code == .unsuitableScalarType)
    }
  }
}
