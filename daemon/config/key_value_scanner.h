// SPDX-License-Identifier: ISC
// The lexical side of NetBSD's key-value records, which go on over lines until their semicolon.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/config/lines.h"
#include "daemon/config/words.h"

namespace minetd {

/// Splits a record into pairs. Its end is a semicolon, wherever the lines end.
class KeyValueScanner {
  public:
    KeyValueScanner(const std::shared_ptr<LogicalLine>& line, LineReader& reader,
                    Diagnostics& diagnostics)
        : line_(line), reader_(reader), diagnostics_(diagnostics) {}

    /// A run of bytes up to a blank or one of `stops`; quotes are taken off.
    Word word(std::string_view stops) {
        skip();
        Word word;
        word.offset = at_;
        while (more() && !is_blank(current()) && stops.find(current()) == std::string_view::npos) {
            if (current() == '"' || current() == '\'')
                quoted(word);
            else
                word.text += line_->text()[at_++];
        }
        return word;
    }
    /// Takes the byte if it comes next, behind blanks and comments.
    bool take(char c) {
        skip();
        if (!more() || current() != c) return false;
        ++at_;
        return true;
    }
    bool at(std::string_view any) {
        skip();
        return more() && any.find(current()) != std::string_view::npos;
    }
    bool ended() { return skip(), !more(); }
    /// To behind the semicolon that ends the record.
    void recover() {
        while (!ended() && !take(';'))
            if (word(";,=").text.empty() && !ended() && !at(";")) ++at_;
    }
    std::size_t offset() const { return at_; }
    bool failed() const { return failed_; }
    Where where(std::size_t offset) const { return line_->where(offset); }

  private:
    char current() const { return line_->text()[at_]; }
    bool more() {
        return at_ < line_->text().size() || (reader_.extend(*line_) && at_ < line_->text().size());
    }

    void skip() {
        while (more()) {
            if (current() == '#')
                at_ = std::min(line_->text().find('\n', at_), line_->text().size());
            else if (is_blank(current()))
                ++at_;
            else
                return;
        }
    }

    void quoted(Word& word) {
        const std::size_t start = at_;
        const char mark = line_->text()[at_++];
        word.quoted = true;
        // A quote does not reach over the end of its line: one that is missing must not eat the
        // file.
        while (at_ < line_->text().size() && current() != mark && current() != '\n') {
            if (current() != '\\') {
                word.text += line_->text()[at_++];
                continue;
            }
            const std::size_t escape = at_++;
            if (!unescape(line_->text(), at_, word.text))
                fail(escape, "this is not an escape",
                     R"(in quotes there are \\ \" \' \n \t \r and \xHH)");
        }
        if (at_ < line_->text().size() && current() == mark)
            ++at_;
        else
            fail(start, fmt::format("this quote ({}) is never closed", mark),
                 "close it on the same line");
    }

    void fail(std::size_t offset, std::string message, std::string advice) {
        failed_ = true;
        diagnostics_.error(line_->where(offset), std::move(message), std::move(advice));
    }

    const std::shared_ptr<LogicalLine>& line_;
    LineReader& reader_;
    Diagnostics& diagnostics_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace minetd
