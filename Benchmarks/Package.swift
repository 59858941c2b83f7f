// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "nascent", path: "..")],
  targets: [
    .executableTarget(
      name: "KernelBenchmark", dependencies: [.product(name: "Nascent", package: "nascent")])
  ],
  swiftLanguageModes: [.v6]
)
