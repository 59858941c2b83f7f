import ArgumentParser
import Nascent

/// What a run is asked for, as `materialize` does it and `plan --store` says it beforehand.
struct RunOptions: ParsableArguments {
  @OptionGroup var existing: ExistingOption
  @Option(help: "Make only variables whose name matches; may be given several times.")
  var only: [String] = []
  @Flag(help: "Store digests without bytes.") var recipeOnly = false
  @Option(help: "Make one of N shares of equal bytes, I from 0: I/N. The others are declared only.")
  var shard: ShareArgument?

  /// What to do with values that are there.
  var onExisting: ExistingPolicy { existing.onExisting }

  /// Which variables are to have a value.
  ///
  /// - Throws: `NoMatchError` where `--only` selects nothing; `GraphError.Code.notBound`.
  func patterns(in graph: VariableGraph) throws -> [GlobPattern] {
    let patterns = only.isEmpty ? ["*"] : only.map { GlobPattern($0) }
    try graph.checkBound(matching: patterns)
    let selected = only.isEmpty ? [] : graph.variables(matching: patterns)
    if !only.isEmpty, selected.isEmpty {
      throw NoMatchError(only, among: graph.variables.map(\.name))
    }
    guard let share = shard?.share else { return patterns }
    let names = Set(selected.map(\.name))
    return graph.variables(in: share).map(\.name)
      .filter { only.isEmpty || names.contains($0) }.map(GlobPattern.init(exactly:))
  }
}

/// `I/N`: one of N shares, counted from 0.
struct ShareArgument: ExpressibleByArgument {
  let share: Share

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1],
      let share = Share(index: index, of: count)
    else { return nil }
    self.share = share
  }
}
