internal import VariableGraph

/// The page: one file that needs no other, and no network.
struct ReportPage {
  /// The title, as text.
  let title: String
  /// What the page shows.
  let data: JSONValue

  /// The whole file.
  var html: String {
    // The template is cut at its marks before anything is put in, so that no text put in is a mark.
    var parts = Self.text(PackageResources.page_html)[...]
    var page = ""
    for (mark, content) in [
      ("{{title}}", Self.escaped(title)), ("{{style}}", Self.text(PackageResources.page_css)),
      ("{{data}}", Self.scriptSafe(data.canonicalText)), ("{{script}}", Self.script),
    ] {
      guard let place = parts.firstRange(of: mark) else {
        preconditionFailure("page.html has every mark, in this order")
      }
      page += parts[..<place.lowerBound]
      page += content
      parts = parts[place.upperBound...]
    }
    return page + parts
  }

  /// One script: each file adds to what those before it declare.
  private static var script: String {
    let files = [
      PackageResources.data_js, PackageResources.chart_js, PackageResources.table_js,
      PackageResources.detail_js, PackageResources.treemap_js, PackageResources.graph_js,
      PackageResources.main_js,
    ]
    return "(() => {\n\"use strict\";\n" + files.map(text).joined(separator: "\n") + "})();\n"
  }

  /// Text inside an element.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// JSON inside a script element, where only `<` could end it: in JSON these characters stand inside
  /// texts only, which may have them as escapes.
  static func scriptSafe(_ json: String) -> String {
    var safe: [UInt8] = []
    safe.reserveCapacity(json.utf8.count)
    for byte in json.utf8 {
      switch byte {
      case UInt8(ascii: "<"): safe.append(contentsOf: "\\u003c".utf8)
      case UInt8(ascii: ">"): safe.append(contentsOf: "\\u003e".utf8)
      case UInt8(ascii: "&"): safe.append(contentsOf: "\\u0026".utf8)
      default: safe.append(byte)
      }
    }
    return String(decoding: safe, as: UTF8.self)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
