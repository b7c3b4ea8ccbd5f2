// SPDX-License-Identifier: ISC
#include "daemon/config/words.h"

#include <fmt/core.h>

#include <cctype>

namespace minetd {
namespace {

/// Walks one logical line. One object per call of split().
class Splitter {
  public:
    Splitter(const LogicalLine& line, Quotes quotes, Diagnostics& diagnostics, bool& failed)
        : line_(line),
          text_(line.text()),
          quotes_(quotes),
          diagnostics_(diagnostics),
          failed_(failed) {}

    std::vector<Word> run(bool comments) {
        std::vector<Word> words;
        while (skip_blanks()) {
            if (comments && text_[at_] == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
                continue;
            }
            words.push_back(word());
        }
        return words;
    }

  private:
    bool skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
        return at_ < text_.size();
    }

    bool is_quote(char c) const { return quotes_ != Quotes::ordinary && (c == '"' || c == '\''); }

    /// Takes what is between the quote at `at_` and its partner.
    void quoted(Word& word) {
        const std::size_t start = at_;
        const char mark = text_[at_++];
        word.quoted = true;
        while (at_ < text_.size() && text_[at_] != mark) {
            if (quotes_ == Quotes::with_escapes && mark == '"' && text_[at_] == '\\') {
                const std::size_t escape = at_++;
                if (!unescape(text_, at_, word.text)) {
                    complain(escape, "this is not an escape",
                             R"(between double quotes there are \\ \" \' \n \t \r and \xHH)");
                }
            } else {
                word.text += text_[at_++];
            }
        }
        if (at_ == text_.size())
            complain(start, fmt::format("this quote ({}) is never closed", mark),
                     "close it, or put the other kind of quote around a word that has one");
        else
            ++at_;
    }

    Word word() {
        Word word;
        word.offset = at_;
        if (quotes_ == Quotes::at_start || quotes_ == Quotes::gnu) {
            if (is_quote(text_[at_])) {
                quoted(word);
                return word;
            }
            while (at_ < text_.size() && !is_blank(text_[at_]) &&
                   !(quotes_ == Quotes::gnu && text_[at_] == '"'))
                word.text += text_[at_++];
            return word;
        }
        while (at_ < text_.size() && !is_blank(text_[at_])) {
            if (!is_quote(text_[at_])) {
                word.text += text_[at_++];
                continue;
            }
            if (quotes_ == Quotes::anywhere && !word.quoted && !word.text.empty())
                diagnostics_.warning(
                    line_.where(at_), "this quote stands in the middle of a word",
                    "it is taken as a quote, as NetBSD does; other inetds pass it on");
            quoted(word);
        }
        return word;
    }

    void complain(std::size_t offset, std::string message, std::string advice) {
        failed_ = true;
        diagnostics_.error(line_.where(offset), std::move(message), std::move(advice));
    }

    const LogicalLine& line_;
    const std::string& text_;
    Quotes quotes_;
    Diagnostics& diagnostics_;
    bool& failed_;
    std::size_t at_ = 0;
};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const int lower = std::tolower(static_cast<unsigned char>(c));
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::vector<Word> split(const LogicalLine& line, Quotes quotes, bool comments,
                        Diagnostics& diagnostics, bool& failed) {
    return Splitter(line, quotes, diagnostics, failed).run(comments);
}

bool unescape(std::string_view text, std::size_t& at, std::string& out) {
    if (at >= text.size()) return false;
    static constexpr std::string_view names = "\\\"'ntr", bytes = "\\\"'\n\t\r";
    if (const std::size_t found = names.find(text[at]); found != std::string_view::npos) {
        out += bytes[found];
        ++at;
        return true;
    }
    if (text[at] != 'x' || at + 2 >= text.size()) return false;
    const int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
    out += static_cast<char>(high * 16 + low);
    at += 3;
    return true;
}

std::string quote(std::string_view word) {
    bool plain = !word.empty() && word[0] != '#';
    for (const char c : word)
        plain = plain && !is_blank(c) && c != '"' && c != '\'' &&
                static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
    if (plain) return std::string(word);
    std::string out = "\"";
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (c == '\r')
            out += "\\r";
        else if (byte < 0x20 || byte == 0x7F)
            out += fmt::format("\\x{:02x}", byte);
        else
            out += c;
    }
    return out + '"';
}

std::string quote(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + quote(word);
    return out;
}

}  // namespace minetd
