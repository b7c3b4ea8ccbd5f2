// SPDX-License-Identifier: ISC
#include "daemon/config/lines.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/words.h"

namespace minetd {
namespace {

constexpr std::string_view blanks = " \t\f";

bool blank(std::string_view text) {
    return text.find_first_not_of(blanks) == std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> section_header(std::string_view text) {
    if (!text.starts_with('[')) return std::nullopt;
    const std::size_t end = text.rfind(']', text.find_first_of(" \t#;", text.find(']')));
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    const std::size_t next = rest.find_first_not_of(blanks);
    if (next != std::string_view::npos && (next == 0 || (rest[next] != '#' && rest[next] != ';')))
        return std::nullopt;
    return text.substr(1, end - 1);
}

bool begins_sections(std::string_view text) {
    if (section_header(text)) return true;
    // Damage before it is told where sections are read.
    while (!text.empty() && (static_cast<unsigned char>(text[0]) <= ' ' || text[0] == 0x7F))
        text.remove_prefix(1);
    if (!text.starts_with('[')) return false;
    // `[::1]:80 stream tcp6 ...` is a line, and so is what has as many fields by mistake.
    text = text.substr(0, text.find_first_of("#;"));
    const std::string_view first = text.substr(0, text.find_first_of(blanks));
    if (!first.starts_with("[[") && first.find("]:") != std::string_view::npos) return false;
    unsigned words = 0;
    for (std::size_t at = 0; at < text.size(); at = text.find_first_not_of(blanks, at)) {
        ++words;
        at = std::min(text.find_first_of(blanks, at), text.size());
    }
    return words < 3 && !is_key_value(text);
}

bool is_key_value(std::string_view text) {
    const auto skip = [&](bool blank_run) {
        const std::size_t end =
            blank_run ? text.find_first_not_of(blanks) : text.find_first_of(blanks);
        text.remove_prefix(std::min(end, text.size()));
    };
    skip(true);
    skip(false);
    skip(true);
    for (const std::string_view word : {"on", "off"})
        if (text == word ||
            (text.starts_with(word) && (is_blank(text[word.size()]) || text[word.size()] == '#')))
            return true;
    return false;
}

std::optional<std::string_view> commented_out(std::string_view text) {
    if (!text.starts_with('#')) return std::nullopt;
    constexpr std::string_view off = "<off>";
    while (!text.empty() && (text.starts_with(off) || text[0] == '#' || is_blank(text[0])))
        text.remove_prefix(text.starts_with(off) ? off.size() : 1);
    std::vector<std::string_view> fields;
    while (!text.empty()) {
        fields.push_back(text.substr(0, text.find_first_of(blanks)));
        text.remove_prefix(fields.back().size());
        text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    }
    constexpr std::size_t fewest = 6;  // up to the program
    if (fields.size() < fewest) return std::nullopt;
    for (const std::string_view type : {"stream", "dgram", "raw", "rdm", "seqpacket"})
        if (fields[1].substr(0, fields[1].find(',')) == type) return fields[0];
    return std::nullopt;
}

std::string_view LineReader::usable(std::size_t index, std::size_t column) const {
    const std::string_view text = source_->line(index).text.substr(column);
    return rules_.inline_comment ? text.substr(0, text.find('#')) : text;
}

std::shared_ptr<LogicalLine> LineReader::next() {
    while (column_ > 0 || !at_end()) {
        const std::string_view text = usable(at_, column_);
        const std::size_t column = column_;
        const bool comment = text.starts_with('#') && !text.starts_with("#@");
        // Behind a key-value record a comment may follow blanks.
        const std::size_t first = text.find_first_not_of(blanks);
        column_ = 0;
        ++at_;
        if (comment || blank(text) || (column > 0 && text[first] == '#')) continue;
        auto line = std::make_shared<LogicalLine>(source_);
        line->append(text, at_ - 1, column);
        if (is_key_value(text) || text.starts_with("#@")) return line;
        if (rules_.continuation == Continuation::indent) continue_indented(*line);
        if (rules_.continuation == Continuation::backslash) continue_escaped(*line);
        return line;
    }
    return nullptr;
}

bool LineReader::fits(LogicalLine& line) {
    if (line.text().size() <= record_limit) return true;
    diagnostics_.error(
        source_->where(at_ - 1),
        fmt::format("the record that goes on here has more than {} bytes", record_limit),
        "no program takes so many arguments");
    return false;
}

void LineReader::continue_indented(LogicalLine& line) {
    bool told = false, room = true;
    while (at_ < source_->size() && !source_->line(at_).text.empty() &&
           blanks.find(source_->line(at_).text[0]) != std::string_view::npos) {
        const std::string_view text = source_->line(at_++).text;
        if (blank(text) || !room) continue;
        if (const std::size_t first = text.find_first_not_of(blanks); text[first] == '#') {
            if (!told)
                diagnostics_.warning(
                    source_->where(at_ - 1, first),
                    "this indented comment continues the line above; it is left out",
                    "begin comments in column 1: other inetds pass this on as arguments");
            told = true;
            continue;
        }
        line.append(text, at_ - 1, 0);
        room = fits(line);
    }
}

void LineReader::continue_escaped(LogicalLine& line) {
    while (line.text().ends_with('\\') && at_ < source_->size() && fits(line)) {
        line.drop_last();
        line.append(usable(at_, 0), at_, 0);
        ++at_;
    }
}

bool LineReader::extend(LogicalLine& line) {
    if (column_ > 0 || at_end()) return false;
    line.append(source_->line(at_).text, at_, 0);
    ++at_;
    return fits(line);
}

void LineReader::put_back(const LogicalLine& line, std::size_t offset) {
    const Where where = line.where(offset);
    if (where.line != at_ || where.column < 2) return;
    --at_;
    column_ = where.column - 1;
}

}  // namespace minetd
