import Foundation

/// The measures of iris flowers and their species, in the order of the file.
struct IrisData {
  /// A flower: four measures, each with mean 0 and deviation 1 over all flowers, and its species.
  struct Flower {
    var measures: [Float]
    let species: Int
  }

  static let measureCount = 4
  static let speciesCount = 3

  /// Four of five flowers.
  let training: [Flower]
  /// Every fifth flower.
  let test: [Flower]

  /// Reads the file that comes with the example.
  init() throws {
    var flowers: [Flower] = []
    for line in String(decoding: PackageResources.iris_csv, as: UTF8.self).split(separator: "\n")
      .dropFirst()
    {
      let fields = line.split(separator: ",")
      let measures = fields.dropLast().compactMap { Float($0) }
      guard measures.count == Self.measureCount, let species = fields.last.flatMap({ Int($0) }),
        (0..<Self.speciesCount).contains(species)
      else { throw ExampleError(description: "iris.csv has a malformed line: \(line)") }
      flowers.append(Flower(measures: measures, species: species))
    }
    Self.standardize(&flowers)
    training = flowers.enumerated().filter { $0.offset % 5 != 0 }.map(\.element)
    test = flowers.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
  }

  private static func standardize(_ flowers: inout [Flower]) {
    let count = Float(flowers.count)
    for measure in 0..<measureCount {
      let mean = flowers.reduce(Float(0)) { $0 + $1.measures[measure] } / count
      var variance: Float = 0
      for flower in flowers {
        let distance = flower.measures[measure] - mean
        variance += distance * distance
      }
      let deviation = (variance / count).squareRoot()
      for flower in flowers.indices {
        flowers[flower].measures[measure] = (flowers[flower].measures[measure] - mean) / deviation
      }
    }
  }
}

/// The flowers that a step learns from: a new order of all flowers for each epoch. It depends on the
/// number of the step alone, so that a resumed run goes on with the flowers that come next.
struct Batches {
  let flowers: [IrisData.Flower]
  let size: Int

  /// The flowers of a step, which are counted from 1.
  func batch(at step: Int) -> [IrisData.Flower] {
    let first = (step - 1) * size
    var epoch = -1
    var order: [Int] = []
    return (first..<first + size).map { place in
      if place / flowers.count != epoch {
        epoch = place / flowers.count
        var generator = EpochGenerator(state: UInt64(epoch))
        order = flowers.indices.shuffled(using: &generator)
      }
      return flowers[order[place % flowers.count]]
    }
  }
}

/// Random numbers of an epoch.
///
/// - Source: Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators".
private struct EpochGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
