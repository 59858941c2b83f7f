import Nascent

/// A network of one hidden layer: its declaration, and its arithmetic in plain loops.
///
/// All sums go from the first element to the last on one thread, and only + − × are used: a step gives
/// the same bits wherever it is computed.
struct Network {
  let hiddenCount: Int

  /// One array for each variable: weights, or gradients of the loss by them.
  struct Parameters {
    var hiddenKernel: [Float]
    var hiddenBias: [Float]
    var outputKernel: [Float]
    var outputBias: [Float]

    /// The names of the variables, with their place here.
    static var names: [(name: String, path: WritableKeyPath<Parameters, [Float]>)] {
      [
        ("hidden/kernel", \.hiddenKernel), ("hidden/bias", \.hiddenBias),
        ("output/kernel", \.outputKernel), ("output/bias", \.outputBias),
      ]
    }
  }

  /// The weights, and for each of them the momentum of its changes.
  func graph(seed: Int64) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed)
    let layers = [
      ("hidden", IrisData.measureCount, hiddenCount),
      ("output", hiddenCount, IrisData.speciesCount),
    ]
    for (layer, inputCount, outputCount) in layers {
      try graph.declare(
        "\(layer)/kernel", shape: [inputCount, outputCount], initializer: .heUniform())
      try graph.declare("\(layer)/bias", shape: [outputCount], initializer: .zeros)
    }
    for variable in graph.variables {
      try graph.declare(
        "momentum/\(variable.name)", shape: variable.shape.dimensions, initializer: .zeros)
    }
    return graph
  }

  /// What the network makes of a flower: the hidden layer's activations, and a score for each species.
  func scores(
    _ flower: IrisData.Flower, _ weights: Parameters
  ) -> (hidden: [Float], output: [Float]) {
    var hidden = weights.hiddenBias
    for (input, measure) in flower.measures.enumerated() {
      for unit in 0..<hiddenCount {
        hidden[unit] += measure * weights.hiddenKernel[input * hiddenCount + unit]
      }
    }
    for unit in 0..<hiddenCount where hidden[unit] < 0 { hidden[unit] = 0 }
    var output = weights.outputBias
    for unit in 0..<hiddenCount {
      for species in 0..<output.count {
        output[species] += hidden[unit] * weights.outputKernel[unit * output.count + species]
      }
    }
    return (hidden, output)
  }

  /// The mean squared error of the scores against 1 for the right species and 0 for the others, and its
  /// gradient.
  func lossAndGradient(
    _ flowers: [IrisData.Flower], _ weights: Parameters
  ) -> (loss: Float, gradient: Parameters) {
    var gradient = Parameters(
      hiddenKernel: weights.hiddenKernel.map { _ in 0 },
      hiddenBias: weights.hiddenBias.map { _ in 0 },
      outputKernel: weights.outputKernel.map { _ in 0 },
      outputBias: weights.outputBias.map { _ in 0 })
    var loss: Float = 0
    let scale = 1 / Float(flowers.count)
    for flower in flowers {
      let (hidden, output) = scores(flower, weights)
      var hiddenError = [Float](repeating: 0, count: hiddenCount)
      for species in 0..<output.count {
        let error = output[species] - (species == flower.species ? 1 : 0)
        loss += scale * error * error
        let slope = 2 * scale * error
        gradient.outputBias[species] += slope
        for unit in 0..<hiddenCount {
          let place = unit * output.count + species
          gradient.outputKernel[place] += slope * hidden[unit]
          hiddenError[unit] += slope * weights.outputKernel[place]
        }
      }
      for unit in 0..<hiddenCount where hidden[unit] > 0 {
        gradient.hiddenBias[unit] += hiddenError[unit]
        for (input, measure) in flower.measures.enumerated() {
          gradient.hiddenKernel[input * hiddenCount + unit] += hiddenError[unit] * measure
        }
      }
    }
    return (loss, gradient)
  }

  /// The share of flowers whose own species has the highest score.
  func accuracy(_ flowers: [IrisData.Flower], _ weights: Parameters) -> Double {
    let right = flowers.count { flower in
      let output = scores(flower, weights).output
      return output.firstIndex(of: output.max() ?? 0) == flower.species
    }
    return Double(right) / Double(flowers.count)
  }
}
