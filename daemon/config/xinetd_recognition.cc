// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_recognition.h"

#include <algorithm>

#include "daemon/config/lines.h"
#include "daemon/config/xinetd_headings.h"

namespace minetd {
namespace {

constexpr std::string_view blanks = " \t\f";

/// A brace, and maybe a comment behind it.
bool is_opening(std::string_view text) {
    if (!text.starts_with('{')) return false;
    const std::size_t next = text.find_first_not_of(blanks, 1);
    return next == text.npos || text[next] == '#';
}

bool is_entry(const XinetdHeading* heading) {
    return heading && heading->is_entry();
}

/// What a physical line says, without the blanks around it; empty: nothing.
std::string_view said_in(const Source& source, std::size_t index) {
    std::string_view text = source.line(index).text;
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    text = text.substr(0, text.find_last_not_of(blanks) + 1);
    return text.starts_with('#') ? std::string_view() : text;
}

std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find_first_of(" \t\f{"));
}

/// What stands behind the first word.
std::string_view behind_first_word(std::string_view text) {
    text.remove_prefix(first_word(text).size());
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

std::string_view name_in(std::string_view heading) {
    return first_word(behind_first_word(heading));
}

/// A line of an inetd has the type of a socket for its second field.
bool is_native(std::string_view text) {
    static constexpr std::string_view types[] = {"stream", "dgram", "raw", "rdm", "seqpacket"};
    const std::string_view second = first_word(behind_first_word(text));
    return section_header(text) || text.starts_with(".include") ||
           (is_key_value(text) && text.find_first_of("=;") != text.npos) ||
           std::any_of(std::begin(types), std::end(types),
                       [&](std::string_view type) { return second.starts_with(type); });
}

struct Found {
    enum class Kind : std::uint8_t { none, native, xinetd };
    Kind kind = Kind::none;
    const XinetdHeading* heading = nullptr;  ///< of xinetd's
    std::size_t first = 0, last = 0;         ///< its lines, up to the brace
};

/// The next one that is known for whose it is, from this line on, and what is behind it.
Found next_statement(const Source& source, std::size_t& index) {
    std::size_t before = source.size();  // the last line that says something
    bool inside = false;                 // braces whose heading nobody knows
    while (index < source.size()) {
        const std::size_t at = index++;
        const std::string_view text = said_in(source, at);
        if (text.empty()) continue;
        if (inside) {
            inside = !text.starts_with('}');
            continue;
        }
        const bool brace = is_opening(text);
        const std::size_t first = brace && before < source.size() ? before : at;
        const std::string_view line = said_in(source, first);
        const XinetdHeading* heading = xinetd_heading(first_word(line));
        const bool opens = brace || line.ends_with('{');
        const std::string_view rest = behind_first_word(line);
        // An inetd's line has six fields; an include has two.
        const bool includes = heading && !is_entry(heading) && rest.starts_with('/') &&
                              rest.find_first_of(blanks) == rest.npos;
        if (includes || (is_entry(heading) && opens))
            return {Found::Kind::xinetd, heading, first, at};
        if (!heading && !opens && is_native(text)) return {Found::Kind::native, nullptr, at, at};
        inside = opens;
        before = at;
    }
    return {};
}

/// The last line of an entry whose brace is in this one; `index` is the line behind it.
std::size_t end_of_entry(const Source& source, std::size_t brace, std::size_t& index) {
    for (index = brace + 1; index < source.size(); ++index) {
        const std::string_view text = said_in(source, index);
        if (text.starts_with('}')) return index++;
        const XinetdHeading* heading = xinetd_heading(first_word(text));
        if (is_native(text) || (is_entry(heading) && text.find('=') == text.npos)) break;
    }
    return index - 1;
}

}  // namespace

bool is_xinetd(const Source& source) {
    std::size_t index = 0, its = 0, natives = 0;
    for (Found found = next_statement(source, index); found.kind != Found::Kind::none;
         found = next_statement(source, index)) {
        if (found.kind == Found::Kind::native && its == 0) return false;
        ++(found.kind == Found::Kind::native ? natives : its);
        if (is_entry(found.heading)) end_of_entry(source, found.last, index);
    }
    return its > 0 && its >= natives;
}

std::vector<PastedStatement> pasted_statements(const Source& source) {
    std::vector<PastedStatement> pasted;
    for (std::size_t index = 0;;) {
        const Found found = next_statement(source, index);
        if (found.kind == Found::Kind::none) return pasted;
        if (found.kind == Found::Kind::native) continue;
        PastedStatement statement{.first = found.first,
                                  .last = found.last,
                                  .kind = found.heading->kind,
                                  .name = std::string(name_in(said_in(source, found.first)))};
        if (is_entry(found.heading)) statement.last = end_of_entry(source, found.last, index);
        pasted.push_back(std::move(statement));
    }
}

}  // namespace minetd
