import Nascent
import Testing

/// Every error of a model, with its whole message.
struct ModuleErrorTests {
  private func message(_ model: some Variables, dialect: Dialect = .tensorFlow) -> String {
    var graph = VariableGraph(dialect: dialect, separator: ".")
    do {
      try graph.declare("before", shape: [1], initializer: .zeros)
      try graph.declare(model)
      return "no error"
    } catch {
      #expect(graph.variables.count == 1 && graph.aliases.isEmpty)
      return "\(error)"
    }
  }

  @Test func `a part that does not say that it is one is named`() {
    struct Forgetful: Sendable {
      @Parameter(shape: [2], initializer: .ones) var gain
    }
    struct Model: Variables {
      let parts = [Forgetful()]
    }
    #expect(
      message(Model()) == """
        Cannot declare "parts.0": it is of type Forgetful, which holds parameters and does not conform \
        to Variables.
        Write `struct Forgetful: Variables`.
        """)
  }

  @Test func `a name for a member that is not there is named`() {
    struct Model: Variables {
      @Parameter(shape: [2], initializer: .ones) var gain
      let width = 3
      static let memberNames = ["gian": "weight"]
    }
    #expect(
      message(Model()) == """
        Model.memberNames names a member "gian", which is not there; there are gain, width.
        Correct the name.
        """)
  }

  @Test func `a reference to nothing is named`() {
    struct Model: Variables {
      let head = VariableReference()
    }
    #expect(
      message(Model()) == """
        Cannot declare "head": it refers to a parameter that no member of the model declares.
        Let a member hold the parameter itself, or the layer that it is of; a layer's variables differ \
        from convention to convention.
        """)
  }

  @Test func `a shared parameter of another layout is refused`() {
    struct Model: Variables {
      let words = Embedding(count: 10, width: 4)
      var head = Linear(inFeatures: 4, outFeatures: 10, bias: false)
      init() { head.weight = words.weight }
    }
    #expect(message(Model(), dialect: .pyTorch) == "no error")
    #expect(
      message(Model()) == """
        Cannot declare "head.kernel" as the same variable as "words.embeddings": it needs the shape \
        [4, 10], and that one has [10, 4].
        Share parameters of equal layout only; PyTorch's linear layers and embeddings are [out, in], \
        Keras's and Flax's linear layers are [in, out].
        """)
  }

  @Test func `layers that a convention does not have are refused`() {
    struct Model<Part: Variables>: Variables {
      let part: Part
    }
    let transposed = Convolution(
      inChannels: 4, outChannels: 2, kernelSize: [3], groups: 2, isTransposed: true)
    #expect(
      message(Model(part: transposed)) == """
        Cannot declare the layer "part": a transposed convolution in the convention keras has no groups.
        Declare it in parts, or with parameters of your own.
        """)
    let deep = RecurrentLayer.lstm(inFeatures: 2, hidden: 3, layers: 2)
    #expect(
      message(Model(part: deep), dialect: .flaxNNX) == """
        Cannot declare the layer "part": a recurrent layer in the convention flax-nnx has one layer, one \
        direction and no projection.
        Declare it in parts, or with parameters of your own.
        """)
    let bare = RecurrentLayer.gru(inFeatures: 2, hidden: 3, bias: false)
    #expect(
      message(Model(part: bare), dialect: .flaxLinen) == """
        Cannot declare the layer "part": a recurrent layer without biases in the convention flax-linen \
        is not there.
        Declare it in parts, or with parameters of your own.
        """)
  }

  @Test func `sizes that are none are refused`() {
    struct Model<Part: Variables>: Variables {
      let part: Part
    }
    let heads = Model(part: MultiHeadAttention(width: 10, heads: 3))
    #expect(
      message(heads) == """
        Cannot declare the layer "part": MultiHeadAttention has heads 3, needed is a divisor of the \
        width, which is 10.
        Correct the sizes.
        """)
    #expect(message(heads, dialect: .pyTorch).contains("a divisor of the width, which is 10"))
    for dialect in Dialect.all {
      let kernels = Convolution(inChannels: 1, outChannels: 1, kernelSize: [1, 1, 1, 1])
      #expect(
        message(Model(part: kernels), dialect: dialect) == """
          Cannot declare the layer "part": Convolution has a kernel of sizes [1, 1, 1, 1], needed is \
          one to three sizes.
          Correct the sizes.
          """)
      let wide = RecurrentLayer.gru(inFeatures: .max, hidden: .max, layers: 1)
      #expect(message(Model(part: wide), dialect: dialect).hasPrefix("Cannot declare variable"))
      let deep = RecurrentLayer.lstm(inFeatures: 1, hidden: 1, layers: .max)
      #expect(message(Model(part: deep), dialect: dialect).hasPrefix("Cannot declare the layer"))
      let negative = Linear(inFeatures: -1, outFeatures: .min)
      #expect(message(Model(part: negative), dialect: dialect).hasPrefix("Cannot declare variable"))
    }
    #expect(
      message(Model(part: Convolution(inChannels: 3, outChannels: 4, kernelSize: [2], groups: 2)))
        == """
        Cannot declare the layer "part": Convolution has groups 2, needed is a divisor of the channels, \
        which are 3 and 4.
        Correct the sizes.
        """)
  }

  @Test func `a reference of another model is refused`() async throws {
    let graph = try VariableGraph(Linear(inFeatures: 1, outFeatures: 1))
    #expect {
      try graph.variable(of: VariableReference())
    } throws: { error in
      (error as? GraphError)?.code == .unknownReference
        && "\(error)" == """
          The reference stands for no variable of this graph.
          Declare the model that holds it in this graph first; a layer's variables differ from \
          convention to convention, and not every reference is used in each.
          """
    }
  }
}
