// SPDX-License-Identifier: ISC
#include "daemon/config/diagnostics.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "daemon/config/utf8.h"

namespace minetd {
namespace {

constexpr std::size_t excerpt_width = 100;  ///< columns of a line that are shown

struct Cell {
    std::string text;
    std::size_t width;
};

/// The printable form of the character at the start of `text`, of which it takes `length` bytes.
/// C1 controls in UTF-8 move a terminal's cursor as well as C0 does.
Cell printable(std::string_view text, std::size_t& length) {
    const auto byte = static_cast<unsigned char>(text[0]);
    length = utf8_length(text);
    if (byte == '\t') return {" ", 1};
    const bool c1 = length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (length == 0 || byte < 0x20 || byte == 0x7F || c1) {
        length = 1;
        return {fmt::format("\\x{:02x}", byte), 4};
    }
    return {std::string(text.substr(0, length)), 1};
}

std::string printable(std::string_view text) {
    std::string out;
    for (std::size_t length = 0; !text.empty(); text.remove_prefix(length))
        out += printable(text, length).text;
    return out;
}

/// The line with its caret, cut to what surrounds the caret.
std::string excerpt(const Where& where) {
    constexpr std::size_t window = 4 * excerpt_width;
    const std::size_t column = where.column > 0 ? where.column - 1 : 0;
    const std::size_t caret = std::min(column, where.text.size());
    std::size_t start = caret > excerpt_width / 2 && where.text.size() > excerpt_width
                            ? caret - excerpt_width / 2
                            : 0;
    while (start > 0 && (static_cast<unsigned char>(where.text[start]) & 0xC0) == 0x80) --start;
    const std::string_view shown = std::string_view(where.text).substr(start, window);

    std::string line = start > 0 ? "..." : "";
    std::size_t width = line.size(), caret_at = 0;
    bool cut = start + shown.size() < where.text.size(), found = false;
    for (std::size_t at = 0, length = 0; at < shown.size(); at += length) {
        if (!found && start + at >= caret) found = true, caret_at = width;
        if (found && width >= excerpt_width) {
            cut = true;
            break;
        }
        const Cell cell = printable(shown.substr(at), length);
        line += cell.text;
        width += cell.width;
    }
    if (!found) caret_at = width;
    std::string out = "    " + line + (cut ? "..." : "") + "\n";
    if (where.column > 0) out += "    " + std::string(caret_at, ' ') + "^\n";
    return out;
}

std::string headline(const Diagnostic& diagnostic, std::string_view severity) {
    const std::string place = diagnostic.where.str();
    return fmt::format("{}{}{}", place.empty() ? "" : place + ": ", severity,
                       printable(diagnostic.message));
}

}  // namespace

std::string Where::str() const {
    std::string out = file ? printable(*file) : "";
    for (const unsigned number : {line, column}) {
        if (number == 0) break;
        out += (out.empty() ? "" : ":") + std::to_string(number);
    }
    return out;
}

void Diagnostics::error(const Where& where, std::string message, std::string advice) {
    ++errors_;
    all_.push_back({Severity::error, where, std::move(message), std::move(advice)});
}

void Diagnostics::warning(const Where& where, std::string message, std::string advice) {
    const std::size_t before = all_.size() - errors_;
    if (before < most_warnings)
        all_.push_back({Severity::warning, where, std::move(message), std::move(advice)});
    else if (before == most_warnings)
        all_.push_back({Severity::warning,
                        {},
                        fmt::format("there are more than {} warnings", most_warnings),
                        "the others are told when these are gone"});
}

std::string render(const Diagnostic& diagnostic) {
    const bool warning = diagnostic.severity == Severity::warning;
    std::string out = headline(diagnostic, warning ? "warning: " : "") + "\n";
    if (!diagnostic.where.text.empty()) out += excerpt(diagnostic.where);
    if (!diagnostic.advice.empty()) out += "    " + printable(diagnostic.advice) + "\n";
    return out;
}

std::string summary(const Diagnostic& diagnostic) {
    return headline(diagnostic, "") +
           (diagnostic.advice.empty() ? "" : "; " + printable(diagnostic.advice));
}

}  // namespace minetd
