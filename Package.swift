// swift-tools-version: 6.2

import PackageDescription

/// `NASCENT_STRICT=1 swift build` treats warnings as errors, as continuous integration does.
let isStrict = Context.environment["NASCENT_STRICT"] == "1"

let strict: [SwiftSetting] =
  [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
  ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])

/// Settings of the targets that hold no pointer: the compiler reports every unsafe construct there.
let pointerFree: [SwiftSetting] = strict + [.strictMemorySafety()]

/// `NASCENT_FUZZ=1 swift build --sanitize fuzzer --product NascentFuzz` builds what `make fuzz` runs.
let fuzzer: [Target] =
  Context.environment["NASCENT_FUZZ"] != "1"
  ? []
  : [
    .executableTarget(
      name: "NascentFuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Fuzzer",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
  ]

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "nascent",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Nascent", targets: ["Nascent"]),
    .executable(name: "nascent", targets: ["NascentCLI"]),
    // An extension that the sqlite3 program loads.
    .library(name: "NascentSQLite", type: .dynamic, targets: ["CStoreExtension"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // Layer 0: loops in C, SQL.
    .target(name: "CTensorKernels"),
    .target(name: "CInflate", linkerSettings: [.linkedLibrary("z")]),
    .target(
      name: "CStoreAccess", dependencies: ["CTensorKernels"],
      linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(
      name: "StoreSchema", path: "Schema", exclude: ["FORMAT.md"],
      resources: [
        .embedInCode("store.sql"), .embedInCode("statements.sql"),
      ],
      swiftSettings: pointerFree),
    .target(name: "CStoreExtension", dependencies: ["CTensorKernels"]),
    // Layer 1: memory, random numbers, SQLite's own calls. Pointers live here only.
    .target(
      name: "TensorMemory", dependencies: ["CInflate", "CTensorKernels"], swiftSettings: strict),
    .target(name: "RandomSampling", dependencies: ["CTensorKernels"], swiftSettings: strict),
    .target(
      name: "StoreAccess", dependencies: ["CStoreAccess", grdb, sqlite], swiftSettings: strict),
    // Layer 2
    .target(
      name: "Tensors", dependencies: ["RandomSampling", "TensorMemory", crypto],
      swiftSettings: pointerFree),
    // Layer 3
    .target(
      name: "VariableGraph", dependencies: ["RandomSampling", "TensorMemory", "Tensors", crypto],
      swiftSettings: pointerFree),
    // Layer 4: these do not know each other.
    .target(
      name: "Initializers",
      dependencies: ["RandomSampling", "Tensors", "VariableGraph"],
      swiftSettings: pointerFree),
    .target(
      name: "Filling",
      dependencies: ["RandomSampling", "TensorMemory", "Tensors", "VariableGraph"],
      swiftSettings: pointerFree),
    .target(
      name: "Store",
      dependencies: [
        "Filling", "Initializers", "StoreAccess", "StoreSchema", "TensorMemory", "Tensors",
        "VariableGraph", grdb,
      ],
      swiftSettings: pointerFree),
    .target(
      name: "Interchange", dependencies: ["TensorMemory", "Tensors", "VariableGraph"],
      swiftSettings: pointerFree),
    .target(
      name: "Signing", dependencies: ["TensorMemory", "Tensors", "VariableGraph", crypto],
      swiftSettings: pointerFree),
    // Above the initializers: what their frameworks make layers of.
    .target(
      name: "Modules", dependencies: ["Initializers", "Tensors", "VariableGraph"],
      swiftSettings: pointerFree),
    // Above the store: a runtime fills, the store keeps, and one vocabulary serves both.
    .target(
      name: "Materialization",
      dependencies: [
        "Store", "Filling", "TensorMemory", "Tensors", "VariableGraph", logging,
      ],
      swiftSettings: pointerFree),
    // Above the store: what people look at.
    .target(
      name: "StoreReport",
      dependencies: ["Store", "TensorMemory", "Tensors", "VariableGraph"],
      resources: [
        .embedInCode("Page/page.html"), .embedInCode("Page/page.css"),
        .embedInCode("Page/data.js"), .embedInCode("Page/chart.js"),
        .embedInCode("Page/table.js"), .embedInCode("Page/detail.js"),
        .embedInCode("Page/treemap.js"), .embedInCode("Page/graph.js"),
        .embedInCode("Page/main.js"),
      ],
      swiftSettings: pointerFree),
    // Layer 5
    .target(
      name: "Nascent",
      dependencies: [
        "Store", "Filling", "Initializers", "Interchange", "Materialization", "Modules",
        "RandomSampling", "Signing", "StoreReport", "TensorMemory", "Tensors", "VariableGraph",
      ],
      swiftSettings: pointerFree),
    // Layer 6. The target is not called "nascent": on a disk that ignores case it would meet "Nascent".
    .executableTarget(
      name: "NascentCLI", dependencies: ["Nascent", arguments, logging], swiftSettings: strict),
    // Examples
    .executableTarget(
      name: "Digits", dependencies: ["Nascent"], path: "Examples/Digits", swiftSettings: strict),
    .executableTarget(
      name: "HeUniform", dependencies: ["Nascent"], path: "Examples/HeUniform",
      swiftSettings: strict),
    .executableTarget(
      name: "GPT2", dependencies: ["Nascent"], path: "Examples/GPT2", swiftSettings: strict),
    .executableTarget(
      name: "RestoreCheckpoint", dependencies: ["Nascent"], path: "Examples/RestoreCheckpoint",
      swiftSettings: strict),
    .executableTarget(
      name: "Transformer", dependencies: ["Nascent"], path: "Examples/Transformer",
      swiftSettings: strict),
    .executableTarget(
      name: "TrainMLP", dependencies: ["Nascent"], path: "Examples/TrainMLP",
      exclude: ["IRIS.md"], resources: [.embedInCode("iris.csv")], swiftSettings: strict),
    // Tests
    .target(
      name: "TestSupport", dependencies: ["Nascent"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "TensorsTests",
      dependencies: [
        "CTensorKernels", "RandomSampling", "TensorMemory", "Tensors", "TestSupport", crypto,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "StoreAccessTests", dependencies: ["StoreAccess", "TensorMemory", "TestSupport", grdb],
      swiftSettings: strict),
    .testTarget(
      name: "RandomSamplingTests",
      dependencies: ["CTensorKernels", "RandomSampling", "TensorMemory", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "VariableGraphTests",
      dependencies: ["Initializers", "RandomSampling", "Tensors", "TestSupport", "VariableGraph"],
      swiftSettings: strict),
    .testTarget(
      name: "InitializersTests",
      dependencies: ["Nascent", "TensorMemory", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "ModulesTests", dependencies: ["Nascent", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "InterchangeTests",
      dependencies: [
        "Initializers", "Interchange", "Nascent", "TensorMemory", "Tensors", "TestSupport",
        "VariableGraph",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SigningTests", dependencies: ["Nascent", "Signing", "TestSupport", crypto],
      swiftSettings: strict),
    .testTarget(
      name: "MaterializationTests", dependencies: ["Materialization", "Nascent", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "EvaluationTests",
      dependencies: [
        "Filling", "Initializers", "Nascent", "TensorMemory", "Tensors", "TestSupport",
        "VariableGraph",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "StoreReportTests", dependencies: ["Nascent", "StoreReport", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "CheckpointingTests",
      dependencies: ["FuzzTargets", "Nascent", "StoreAccess", "StoreSchema", "TestSupport", grdb],
      swiftSettings: strict),
    .target(
      name: "FuzzTargets", dependencies: ["Nascent", crypto], path: "Tests/Fuzz/Targets",
      swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "FaultTests",
      dependencies: ["NascentCLI", "Nascent", "TestSupport", arguments, grdb],
      exclude: ["faults.c"], swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: ["Digits", "NascentCLI", "Nascent", "TestSupport", "TrainMLP"],
      swiftSettings: strict),
    .target(
      name: "CSimulatedDisk", path: "Tests/Simulation/CSimulatedDisk",
      linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(
      name: "StoreSimulation", dependencies: ["CSimulatedDisk", "Nascent", "TestSupport"],
      path: "Tests/Simulation/StoreSimulation", swiftSettings: strict),
    .executableTarget(
      name: "NascentSimulate", dependencies: ["StoreSimulation"], path: "Tests/Simulation/Command",
      swiftSettings: strict),
    .testTarget(
      name: "SimulationTests", dependencies: ["StoreSimulation"], path: "Tests/Simulation/Tests",
      swiftSettings: strict),
    .testTarget(
      name: "ArticleTests", dependencies: ["Nascent", "TestSupport"], swiftSettings: strict),
  ] + fuzzer,
  swiftLanguageModes: [.v6]
)
