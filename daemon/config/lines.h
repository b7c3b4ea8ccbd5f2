// SPDX-License-Identifier: ISC
// The lines part of a file: physical lines to logical ones, by the dialect's rules.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "daemon/config/dialect.h"
#include "daemon/config/source.h"

namespace minetd {

/// A longer record is an error; the kernel takes no such argument list either.
inline constexpr std::size_t record_limit = std::size_t{1024} * 1024;

/// `[...]` alone on a line that begins in column 1, a comment behind it allowed: the text between
/// the brackets. Nothing for `[::1]:80 stream ...` or `[::1]:`.
std::optional<std::string_view> section_header(std::string_view text);
/// A header, or what can only be meant as one: what is below it is no line of a service.
bool begins_sections(std::string_view text);

class LineReader {
  public:
    LineReader(std::shared_ptr<const Source> source, const DialectRules& rules,
               Diagnostics& diagnostics)
        : source_(std::move(source)), rules_(rules), diagnostics_(diagnostics) {}

    /// The next record, directive or `#@` line; null at the end of the lines part. A record in
    /// key-value form is handed over with its first physical line only.
    std::shared_ptr<LogicalLine> next();
    /// Appends the next physical line; false at the end of the lines part.
    bool extend(LogicalLine& line);
    /// What follows `offset` in `line` is the next record, if it is one.
    void put_back(const LogicalLine& line, std::size_t offset);

    /// Index of the first line that was not read.
    std::size_t position() const { return at_; }

  private:
    bool at_end() const {
        return at_ == source_->size() || begins_sections(source_->line(at_).text);
    }
    std::string_view usable(std::size_t index, std::size_t column) const;
    void continue_indented(LogicalLine& line);
    void continue_escaped(LogicalLine& line);
    bool fits(LogicalLine& line);

    std::shared_ptr<const Source> source_;
    const DialectRules& rules_;
    Diagnostics& diagnostics_;
    std::size_t at_ = 0;
    std::size_t column_ = 0;  ///< where line at_ goes on after a put_back
};

/// The first field of a service's line that is a comment now, as people and update-inetd(8) put a
/// service out of service: `#ftp stream tcp ...`, `#<off># ftp stream tcp ...`. Nothing for prose.
std::optional<std::string_view> commented_out(std::string_view text);

/// Whether the second word is `on` or `off`: NetBSD's key-value form.
bool is_key_value(std::string_view text);

}  // namespace minetd
