import ArgumentParser
import Foundation
import Nascent

/// What a run is asked for, as `materialize` does it and `plan --store` says it beforehand.
struct RunOptions: ParsableArguments {
  @OptionGroup var existing: ExistingOption
  @Option(help: "Make only variables whose name matches; may be given several times.")
  var only: [String] = []
  @Flag(help: "Store digests without bytes.") var recipeOnly = false
  @Option(
    help: """
      Make one of N shares of equal bytes, I from 0: I/N; what is in no share is declared only. auto asks \
      the launcher (Slurm, MPI, torchrun) for I and N; auto/N, where it does not know N (Kubernetes).
      """)
  var shard: ShareArgument?

  /// What to do with values that are there.
  var onExisting: ExistingPolicy { existing.onExisting }

  /// Which variables are to have a value.
  ///
  /// - Throws: `NoMatchError` where `--only` selects nothing; `GraphError.Code.notBound`.
  func patterns(in graph: VariableGraph) throws -> [GlobPattern] {
    let patterns = only.isEmpty ? ["*"] : only.map { GlobPattern($0) }
    // The shares of a graph depend on all its sizes.
    try graph.checkBound(matching: shard == nil ? patterns : ["*"])
    if !only.isEmpty, graph.variables(matching: patterns).isEmpty {
      throw NoMatchError(only, among: graph.variables.map(\.name))
    }
    return patterns
  }

  /// The share that is asked for, and how it is said: `share 3 of 16, from Slurm step`.
  ///
  /// - Throws: `LauncherError`.
  func share() throws -> (share: Share, text: String)? {
    try shard?.resolve()
  }
}

/// `I/N`, one of N shares, counted from 0; `auto` or `auto/N`, which asks the launcher.
enum ShareArgument: ExpressibleByArgument {
  case share(Share)
  case automatic(count: Int?)

  /// The share, and how it is said: `share 3 of 16, from Slurm step`.
  ///
  /// - Throws: `LauncherError`.
  func resolve() throws -> (share: Share, text: String) {
    switch self {
    case .share(let share): return (share, share.description)
    case .automatic(let count):
      let launched = try LaunchedShare(in: ProcessInfo.processInfo.environment, count: count)
      return (launched.share, launched.description)
    }
  }

  init?(argument: String) {
    if argument == "auto" {
      self = .automatic(count: nil)
    } else if argument.hasPrefix("auto/") {
      guard let count = Int(argument.dropFirst("auto/".count)), count > 0 else { return nil }
      self = .automatic(count: count)
    } else if let share = Share(argument: argument) {
      self = .share(share)
    } else {
      return nil
    }
  }
}
