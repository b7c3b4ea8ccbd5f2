// SPDX-License-Identifier: ISC
#include "daemon/units/unit_file.h"

#include <fmt/format.h>

#include <algorithm>

namespace minetd {
namespace {

constexpr std::size_t longest_name = 180;  // a unit's has 255 bytes, with what comes around it

bool is_control(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 127;
}

/// Plain letters need no quotes; a `;` of its own would end the command.
bool is_plain(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-+./:=,@%$").find(c) != std::string_view::npos;
    });
}

std::string word(std::string_view text, bool dollars) {
    std::string out;
    for (const char c : text) {
        if (is_control(c))
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (c == '%' || (c == '$' && dollars))
            (out += c) += c;
        else
            out += c;
    }
    return is_plain(text) ? out : '"' + out + '"';
}

}  // namespace

std::string unit_word(std::string_view text) {
    return word(text, false);
}

std::string unit_argument(std::string_view text) {
    return word(text, true);
}

std::optional<std::string> unit_value(std::string_view text) {
    if (std::any_of(text.begin(), text.end(), is_control)) return std::nullopt;
    if (!text.empty() && (text.front() == ' ' || text.back() == ' ' || text.back() == '\\'))
        return std::nullopt;
    std::string out;
    for (const char c : text) {
        if (c == '%') out += c;
        out += c;
    }
    return out;
}

std::string unit_text(std::string_view text) {
    std::string out;
    for (const char& c : text) {
        if (is_control(c) || (c == ' ' && (out.empty() || &c == &text.back())))
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else if (c == '\\' || c == '%')
            (out += c) += c;
        else
            out += c;
    }
    return out;
}

std::string unit_name(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, longest_name)) {
        const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        out += allowed ? c : '_';
    }
    // Not a hidden file, nor one that a shell takes for an option.
    const std::size_t begin = out.find_first_not_of('_');
    out = begin == std::string::npos ? "" : out.substr(begin);
    if (out.empty() || out.front() == '.' || out.front() == '-') out = '_' + out;
    return out;
}

std::string& UnitFile::lines_of(std::string_view section) {
    for (auto& [name, lines] : sections_)
        if (name == section) return lines;
    return sections_.emplace_back(section, "").second;
}

void UnitFile::set(std::string_view section, std::string_view key, std::string_view value) {
    lines_of(section) += fmt::format("{}={}\n", key, value);
}

void UnitFile::remark(std::string_view section, std::string_view text) {
    std::string line(text);
    std::replace_if(line.begin(), line.end(), is_control, '?');
    // A backslash at the end would take the next line in.
    if (line.ends_with('\\')) line += '.';
    lines_of(section) += "# " + line + '\n';
}

std::string UnitFile::text() const {
    std::string out;
    for (const auto& [name, lines] : sections_)
        out += fmt::format("{}[{}]\n{}", out.empty() ? "" : "\n", name, lines);
    return out;
}

}  // namespace minetd
