import Foundation
import Nascent
import TestSupport
import Testing

/// What `torch.nn.init`'s functions accept, how they are written, and what is refused.
struct TorchInitializerTests {
  private let registry = InitializerRegistry.standard

  /// The table in PyTorch's documentation of `calculate_gain`.
  @Test(
    arguments: [
      ("linear", 1), ("conv1d", 1), ("conv2d", 1), ("conv3d", 1), ("conv_transpose1d", 1),
      ("conv_transpose2d", 1), ("conv_transpose3d", 1), ("sigmoid", 1), ("tanh", 5.0 / 3),
      ("relu", 2.0.squareRoot()), ("leaky_relu", 1.4141428569978354), ("selu", 0.75),
    ] as [(String, Double)])
  func `gains are PyTorch's`(name: String, gain: Double) throws {
    #expect(try #require(TorchNonlinearity(named: name)).gain() == gain)
  }

  /// `torch.nn.init.calculate_gain("leaky_relu", 0.2)`
  @Test func `a leaky ReLU's gain depends on its slope`() {
    #expect(TorchNonlinearity.leakyRelu.gain(slope: 0.2) == 1.3867504905630728)
    #expect(TorchNonlinearity.relu.gain(slope: 0.2) == TorchNonlinearity.relu.gain())
  }

  @Test(arguments: [
    ("uniform_", "torch.nn.init.uniform_(a=0.0, b=1.0)"),
    ("normal_", "torch.nn.init.normal_(mean=0.0, std=1.0)"),
    ("trunc_normal_", "torch.nn.init.trunc_normal_(a=-2.0, b=2.0, mean=0.0, std=1.0)"),
    ("ones_", "torch.nn.init.ones_()"), ("zeros_", "torch.nn.init.zeros_()"),
    ("eye_", "torch.nn.init.eye_()"), ("dirac_", "torch.nn.init.dirac_(groups=1)"),
    ("xavier_uniform_", "torch.nn.init.xavier_uniform_(gain=1.0)"),
    ("xavier_normal_", "torch.nn.init.xavier_normal_(gain=1.0)"),
    (
      "kaiming_uniform_",
      "torch.nn.init.kaiming_uniform_(a=0.0, mode='fan_in', nonlinearity='leaky_relu')"
    ),
    (
      "kaiming_normal_",
      "torch.nn.init.kaiming_normal_(a=0.0, mode='fan_in', nonlinearity='leaky_relu')"
    ),
    ("orthogonal_", "torch.nn.init.orthogonal_(gain=1.0)"),
  ])
  func `a function has PyTorch's defaults and its dialect`(name: String, call: String) throws {
    let initializer = try registry.initializer(.string("torch.nn.init." + name))
    #expect(initializer.configuration.description == call)
    #expect(initializer.dialect == .pyTorch)
    let again = try registry.initializer(initializer.configuration.json)
    #expect(again.configuration == initializer.configuration)
  }

  /// `torch.nn.init.kaiming_uniform` is PyTorch's older name of `kaiming_uniform_`.
  @Test func `older names are known`() throws {
    let old = try registry.initializer("torch.nn.init.kaiming_uniform")
    #expect(old.configuration.className == "torch.nn.init.kaiming_uniform_")
  }

  @Test(arguments: [
    (
      #"{"class_name": "torch.nn.init.uniform_", "config": {"a": 2, "b": 1}}"#, [3],
      "torch.nn.init.uniform_ needs b to be at least a, which is 2.0, found 1.0."
    ),
    (
      #"{"class_name": "torch.nn.init.uniform_", "config": {"b": 1e39}}"#, [3],
      "torch.nn.init.uniform_ needs b to be a finite value of dtype float32, found 1e+39."
    ),
    (
      #"{"class_name": "torch.nn.init.normal_", "config": {"std": -1}}"#, [3],
      "torch.nn.init.normal_ needs std to be 0 or more, found -1.0."
    ),
    (
      #"{"class_name": "torch.nn.init.trunc_normal_", "config": {"std": 0}}"#, [3],
      "torch.nn.init.trunc_normal_ needs std to be positive, found 0.0."
    ),
    (
      #"{"class_name": "torch.nn.init.trunc_normal_", "config": {"a": 3}}"#, [3],
      "torch.nn.init.trunc_normal_ needs b to be at least a, which is 3.0, found 2.0."
    ),
    (
      #"{"class_name": "torch.nn.init.trunc_normal_", "config": {"a": 9, "b": 1e9}}"#, [3],
      """
      torch.nn.init.trunc_normal_ needs a and b to be bounds of which N(0.0, 1.0²) reaches a fair \
      part, found 9.0 and 1000000000.0.
      """
    ),
    (
      #""torch.nn.init.trunc_normal_""#, [1 << 35],
      """
      torch.nn.init.trunc_normal_ needs a shape of at most 17179869184 elements where values can be \
      rejected, found [34359738368] of rank 1.
      """
    ),
    (
      #"{"class_name": "torch.nn.init.xavier_uniform_", "config": {"gain": 1e39}}"#, [3, 3],
      """
      torch.nn.init.xavier_uniform_ needs gain to be small enough for bounds of dtype float32, found \
      1e+39.
      """
    ),
    (
      #""torch.nn.init.xavier_normal_""#, [3],
      "torch.nn.init.xavier_normal_ needs a shape of at least two axes, found [3] of rank 1."
    ),
    (
      #""torch.nn.init.kaiming_normal_""#, [3],
      "torch.nn.init.kaiming_normal_ needs a shape of at least two axes, found [3] of rank 1."
    ),
    (
      #""torch.nn.init.eye_""#, [3],
      "torch.nn.init.eye_ needs a shape of two axes, found [3] of rank 1."
    ),
    (
      #""torch.nn.init.dirac_""#, [3, 3],
      "torch.nn.init.dirac_ needs a shape of three to five axes, found [3, 3] of rank 2."
    ),
    (
      #"{"class_name": "torch.nn.init.dirac_", "config": {"groups": 2}}"#, [3, 3, 3],
      """
      torch.nn.init.dirac_ needs groups to be a divisor of the first axis, which is 3, found 2.
      """
    ),
    (
      #"{"class_name": "torch.nn.init.sparse_", "config": {"sparsity": 1.5}}"#, [3, 3],
      "torch.nn.init.sparse_ needs sparsity to be from 0 to 1, found 1.5."
    ),
    (
      #"{"class_name": "torch.nn.Embedding", "config": {"padding_idx": 3}}"#, [3, 3],
      "torch.nn.Embedding needs padding_idx to be 0 to 2, found 3."
    ),
  ])
  func `what PyTorch refuses is refused when it is declared`(
    text: String, shape: [Int], message: String
  ) throws {
    let initializer = try registry.initializer(JSONValue(parsing: Data(text.utf8)))
    var graph = VariableGraph()
    let error = #expect(throws: GraphError.self) {
      try declare(initializer, shape, in: &graph)
    }
    let lines = error?.message.split(separator: "\n") ?? []
    #expect(lines.first.map(String.init) == "Cannot declare variable \"v\": \(message)")
  }

  @Test(arguments: [
    (
      #"{"class_name": "torch.nn.init.kaiming_uniform_", "config": {"nonlinearity": "gelu"}}"#,
      """
      torch.nn.init.kaiming_uniform_ needs nonlinearity to be one of linear, conv1d, conv2d, conv3d, \
      conv_transpose1d, conv_transpose2d, conv_transpose3d, sigmoid, tanh, relu, leaky_relu, selu, \
      found gelu.
      """
    ),
    (
      #"{"class_name": "torch.nn.init.kaiming_uniform_", "config": {"mode": "fan_avg"}}"#,
      "torch.nn.init.kaiming_uniform_ needs mode to be one of fan_in, fan_out, found fan_avg."
    ),
    (
      #""torch.nn.init.constant_""#,
      "torch.nn.init.constant_ needs val to be a finite number, found nothing."
    ),
    (
      #""torch.nn.init.sparse_""#,
      "torch.nn.init.sparse_ needs sparsity to be a finite number, found nothing."
    ),
    (
      #"{"class_name": "torch.nn.init.dirac_", "config": {"groups": 1.5}}"#,
      "torch.nn.init.dirac_ needs groups to be an integer, found 1.5."
    ),
    (
      #"{"class_name": "torch.nn.init.normal_", "config": {"stddev": 1}}"#,
      #"torch.nn.init.normal_ has no parameter "stddev"; it has mean, seed, std."#
    ),
  ])
  func `a wrong argument is refused`(text: String, message: String) throws {
    let error = #expect(throws: InitializerError.self) {
      try registry.initializer(JSONValue(parsing: Data(text.utf8)))
    }
    #expect(error?.code == .invalidParameter)
    #expect(error?.message.split(separator: "\n").first.map(String.init) == message)
  }

  @Test func `a function of PyTorch's draws PyTorch's numbers in any graph`() async throws {
    var tensorFlow = VariableGraph(seed: 9)
    var pyTorch = VariableGraph(seed: 9, dialect: .pyTorch)
    for name in ["a", "b"] {
      try tensorFlow.declare(name, shape: [40], initializer: .heNormal())
      try tensorFlow.declare("torch/" + name, shape: [40], initializer: .torchNormal())
      try pyTorch.declare("torch/" + name, shape: [40], initializer: .torchNormal())
    }
    for name in ["torch/a", "torch/b"] {
      let value = try await Runtime(graph: tensorFlow).value(of: name).digest()
      #expect(try await Runtime(graph: pyTorch).value(of: name).digest() == value)
    }
  }

  private func declare(
    _ initializer: some Initializer, _ shape: [Int], in graph: inout VariableGraph
  ) throws {
    try graph.declare("v", shape: shape, initializer: initializer)
  }
}
