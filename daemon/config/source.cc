// SPDX-License-Identifier: ISC
#include "daemon/config/source.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/utf8.h"

namespace minetd {

Source::Source(std::string file, std::string bytes, Diagnostics& diagnostics)
    : file_(std::make_shared<const std::string>(std::move(file))), bytes_(std::move(bytes)) {
    std::string_view rest = bytes_;
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
    bool told_of_returns = false;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view text = rest.substr(0, end);
        const bool last = end == rest.size();
        rest.remove_prefix(last ? end : end + 1);
        const bool returned = text.ends_with('\r');
        if (returned) text.remove_suffix(1);
        lines_.push_back({text});
        if (returned && !told_of_returns) {
            told_of_returns = true;
            diagnostics.warning(where(lines_.size() - 1, text.size()),
                                "the lines of this file end in CR LF",
                                "that is accepted; `dos2unix` makes it a Unix file");
        }
        inspect(lines_.size() - 1, diagnostics);
        if (last)
            diagnostics.warning(where(lines_.size() - 1, text.size()),
                                "the last line has no newline",
                                "check that the file was not cut off");
    }
}

void Source::inspect(std::size_t index, Diagnostics& diagnostics) {
    SourceLine& line = lines_[index];
    if (line.text.size() > line_limit) {
        const std::size_t size = line.text.size();
        line.text = line.text.substr(0, line_limit);
        line.damaged = true;
        diagnostics.error(
            where(index),
            fmt::format("this line has {} bytes, more than the {} that a line may have", size,
                        line_limit),
            "split it: an indented line continues the one before");
        return;
    }
    const auto control = [](unsigned char c) {
        return (c < 0x20 && c != '\t' && c != '\f') || c == 0x7F;
    };
    const auto bad = std::find_if(line.text.begin(), line.text.end(), control);
    if (bad != line.text.end()) {
        line.damaged = true;
        const auto byte = static_cast<unsigned char>(*bad);
        diagnostics.error(
            where(index, static_cast<std::size_t>(bad - line.text.begin())),
            byte == 0 ? std::string("there is a NUL byte in this line")
                      : fmt::format("there is a control byte \\x{:02x} in this line", byte),
            byte == 0 ? "check that this is a text file (UTF-8, not UTF-16)"
                      : "remove it; \"\\xHH\" in a section says such a byte in an argument");
        return;
    }
    if (told_of_encoding_ || line.text.starts_with('#')) return;
    const std::size_t odd = invalid_utf8(line.text);
    if (odd == std::string_view::npos) return;
    told_of_encoding_ = true;
    diagnostics.warning(
        where(index, odd), "this is not UTF-8",
        "the bytes are passed on as they are; convert the file with iconv(1) if they "
        "were meant as letters");
}

Where Source::where(std::size_t index, std::size_t column) const {
    Where where;
    where.file = file_;
    where.line = static_cast<unsigned>(index + 1);
    where.column = static_cast<unsigned>(column + 1);
    if (index < lines_.size()) where.text = lines_[index].text;
    return where;
}

void Source::blank(std::size_t first, std::size_t last) {
    for (std::size_t i = first; i <= last && i < lines_.size(); ++i) lines_[i] = {};
}

void LogicalLine::append(std::string_view text, std::size_t line, std::size_t column) {
    if (!segments_.empty() && segments_.back().line != line) text_ += '\n';
    segments_.push_back({text_.size(), line, column});
    text_ += text;
    damaged_ = damaged_ || (source_ && source_->line(line).damaged);
}

Where LogicalLine::where(std::size_t offset) const {
    if (!source_ || segments_.empty()) return {};
    auto after = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                  [](std::size_t o, const Segment& s) { return o < s.offset; });
    const Segment& segment = after == segments_.begin() ? *after : *(after - 1);
    return source_->where(segment.line,
                          segment.column + (offset - std::min(offset, segment.offset)));
}

}  // namespace minetd
