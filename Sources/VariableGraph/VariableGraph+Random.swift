public import RandomSampling
internal import Tensors

extension VariableGraph {
  /// The seed pair of TensorFlow's dialect for `variable`.
  public func seedPair(for variable: Variable) -> SeedPair {
    switch variable.initializer.seeding {
    case .none: SeedPair(0, 0)
    case .own(let seed): SeedPair(seed: seed)
    case .graph: SeedDerivation.pair(graphSeed: seed, name: variable.name)
    }
  }

  /// The random numbers that `variable` is filled with.
  ///
  /// A seed of its own is TensorFlow's pair (seed, 0); in JAX's dialects `jax.random.key(seed)` for
  /// JAX's own functions and the words (seed, 0) for a Keras class; in PyTorch's a fresh generator
  /// with that seed. Without one, TensorFlow and JAX take the derivation from the graph's seed and
  /// the name, and PyTorch the graph's one generator where the variables before it left it.
  public func randomSource(for variable: Variable) -> RandomSource {
    switch variable.dialect.framework {
    case .tensorFlow: .philox(seedPair(for: variable))
    case .jax: .threefry(threefryKey(for: variable))
    case .pyTorch: .mersenneTwister(mersenneTwisterState(for: variable))
    }
  }

  /// What the initializer of `variable` is told.
  public func fillTarget(for variable: Variable) -> FillTarget {
    FillTarget(
      name: variable.name, shape: variable.shape, scalarType: variable.scalarType,
      dialect: variable.dialect, random: randomSource(for: variable))
  }

  private func threefryKey(for variable: Variable) -> ThreefryKey {
    let isPartitionable = variable.dialect.isPartitionable
    // There is no float64 in JAX without 64-bit types, which keep all bits of a seed.
    let isWide = variable.scalarType == .float64
    switch variable.initializer.seeding {
    case .none: return ThreefryKey(0, 0, isPartitionable: isPartitionable)
    case .own(let seed):
      guard variable.initializer.dialect == nil else {
        return ThreefryKey(
          seed: seed, enables64BitTypes: isWide, isPartitionable: isPartitionable)
      }
      return ThreefryKey(UInt32(truncatingIfNeeded: seed), 0, isPartitionable: isPartitionable)
    case .graph:
      if let index = variable.streamIndex {
        let root = ThreefryKey(
          seed: seed, enables64BitTypes: isWide, isPartitionable: isPartitionable)
        return FlaxStreams.key(root, variable.name, index, variable.dialect)
      }
      let derived = SeedDerivation.pair(graphSeed: seed, name: variable.name).first
      return ThreefryKey(
        UInt32(truncatingIfNeeded: derived), UInt32(derived >> 32),
        isPartitionable: isPartitionable)
    }
  }

  private func mersenneTwisterState(for variable: Variable) -> MersenneTwisterState {
    if let place = variable.streamPlace { return place.state(seed: seed, memory: streamMemory) }
    let own =
      if case .own(let seed) = variable.initializer.seeding { seed } else { Int64(0) }
    return MersenneTwisterState(seed: UInt64(bitPattern: own), memory: streamMemory)
  }
}
