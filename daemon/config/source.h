// SPDX-License-Identifier: ISC
// The text of one file, the places in it, and the logical lines that are put together from it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/diagnostics.h"

namespace minetd {

/// A longer line is an error: nobody writes one, and every excerpt and word of it stays bounded.
inline constexpr std::size_t line_limit = std::size_t{64} * 1024;
/// A longer file is an error.
inline constexpr std::size_t file_limit = std::size_t{64} * 1024 * 1024;

/// A physical line, without its line end.
struct SourceLine {
    std::string_view text;
    bool damaged = false;  ///< it has bytes that a configuration cannot have; that was reported
};

/// Immutable once logical lines and places share it, which keep it alive.
class Source {
  public:
    /// Splits `bytes` into lines and reports what is wrong with them as bytes: NUL and other
    /// control characters, lines too long, carriage returns, bytes that are not UTF-8, a missing
    /// last newline.
    Source(std::string file, std::string bytes, Diagnostics& diagnostics);
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    const std::string& file() const { return *file_; }
    std::size_t size() const { return lines_.size(); }
    const SourceLine& line(std::size_t index) const { return lines_[index]; }
    /// `index` counts lines from 0, `column` bytes from 0.
    Where where(std::size_t index, std::size_t column = 0) const;
    /// These lines, the last one too, say nothing from now on.
    void blank(std::size_t first, std::size_t last);

  private:
    void inspect(std::size_t index, Diagnostics& diagnostics);

    std::shared_ptr<const std::string> file_;
    std::string bytes_;
    std::vector<SourceLine> lines_;
    bool told_of_encoding_ = false;
};

/// One record's text, put together from one or more physical lines, with the way back.
/// Physical lines are joined by '\n', which is a blank to whoever splits words.
class LogicalLine {
  public:
    LogicalLine() = default;
    explicit LogicalLine(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

    /// Appends bytes that stand at this place of the source.
    void append(std::string_view text, std::size_t line, std::size_t column);
    /// Takes the last byte away again.
    void drop_last() { text_.pop_back(); }
    const std::string& text() const { return text_; }
    bool damaged() const { return damaged_; }
    bool empty() const { return text_.empty(); }
    /// The place of the byte at this offset of text().
    Where where(std::size_t offset) const;

  private:
    struct Segment {
        std::size_t offset, line, column;
    };
    std::shared_ptr<const Source> source_;
    std::string text_;
    std::vector<Segment> segments_;
    bool damaged_ = false;
};

/// A place that costs nothing to keep; where() is made when a message needs it.
struct Place {
    std::shared_ptr<const LogicalLine> line;
    std::size_t offset = 0;

    Where where() const { return line ? line->where(offset) : Where{}; }
    explicit operator bool() const { return line != nullptr; }
};

}  // namespace minetd
