// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// Settings of the targets that hold no pointer: the compiler reports every unsafe construct there.
let pointerFree: [SwiftSetting] = strict + [.strictMemorySafety()]

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "nascent",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Nascent", targets: ["Nascent"]),
    .executable(name: "nascent", targets: ["NascentCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    // Layer 0: loops in C, SQL.
    .target(name: "CTensorKernels"),
    .target(
      name: "StoreSchema", path: "Schema", exclude: ["FORMAT.md"],
      resources: [
        .embedInCode("v001_store.sql"), .embedInCode("statements.sql"),
      ],
      swiftSettings: pointerFree),
    // Layer 1: memory and random numbers. Pointers live here only.
    .target(name: "TensorMemory", dependencies: ["CTensorKernels"], swiftSettings: strict),
    .target(name: "RandomSampling", dependencies: ["CTensorKernels"], swiftSettings: strict),
    // Layer 2
    .target(
      name: "Tensors", dependencies: ["RandomSampling", "TensorMemory", crypto],
      swiftSettings: pointerFree),
    // Layer 3
    .target(name: "VariableGraph", dependencies: ["Tensors", crypto], swiftSettings: pointerFree),
    // Layer 4: these do not know each other.
    .target(
      name: "Initializers",
      dependencies: ["RandomSampling", "Tensors", "VariableGraph"],
      swiftSettings: pointerFree),
    .target(
      name: "Checkpointing",
      dependencies: ["StoreSchema", "TensorMemory", "Tensors", "VariableGraph", crypto, grdb],
      swiftSettings: pointerFree),
    .target(
      name: "Interchange", dependencies: ["TensorMemory", "Tensors", "VariableGraph"],
      swiftSettings: pointerFree),
    // Above the store: a runtime fills, the store keeps, and one vocabulary serves both.
    .target(
      name: "Materialization",
      dependencies: ["Checkpointing", "TensorMemory", "Tensors", "VariableGraph"],
      swiftSettings: pointerFree),
    // Layer 5
    .target(
      name: "Nascent",
      dependencies: [
        "Checkpointing", "Initializers", "Interchange", "Materialization", "RandomSampling",
        "Tensors", "VariableGraph",
      ],
      swiftSettings: pointerFree),
    // Layer 6. The target is not called "nascent": on a disk that ignores case it would meet "Nascent".
    .executableTarget(
      name: "NascentCLI", dependencies: ["Nascent", arguments], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
