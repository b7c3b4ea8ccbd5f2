// SPDX-License-Identifier: ISC
#include "daemon/config/sections.h"

#include <fmt/core.h>
#include <ini.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <cstring>
#include <new>

#include "daemon/config/lines.h"
#include "daemon/config/values.h"
#include "daemon/config/words.h"

namespace minetd {
namespace {

constexpr std::string_view blanks = " \t\f";

// inih reads lines into a buffer of 200 bytes, keeps 50 of a name, strips blanks and takes ` ;` for
// a comment. So it gets a section's number for its name, and values in pieces, each between two
// marks and with its semicolons hidden. Neither byte can come from a file: Source refuses control
// bytes.
constexpr char mark = '\x02', hidden_semicolon = '\x03';
constexpr std::size_t piece_size = 120, name_size = 40;

std::string packed(std::string_view piece) {
    std::string out = mark + std::string(piece) + mark;
    std::replace(out.begin(), out.end(), ';', hidden_semicolon);
    return out;
}

std::string unpacked(std::string_view value) {
    std::string out(value.substr(1, value.size() - 2));
    std::replace(out.begin(), out.end(), hidden_semicolon, ';');
    return out;
}

bool names_attribute(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
}

/// A header by its first character, whatever damage is before it.
bool means_header(std::string_view text) {
    const auto shown = [](unsigned char c) { return c > ' ' && c != 0x7F; };
    const auto first = std::find_if(text.begin(), text.end(), shown);
    return first != text.end() && *first == '[';
}

/// Feeds inih line by line and takes what it makes of them.
class SectionReader {
  public:
    SectionReader(const std::shared_ptr<const Source>& source, std::size_t index,
                  Diagnostics& diagnostics)
        : source_(source), at_(index), diagnostics_(diagnostics) {}

    std::vector<Section> run() {
        const int failed = ini_parse_stream(give, this, take, this);
        if (failed < 0) throw std::bad_alloc();
        assert(failed == 0);
        end_blocks();
        return std::move(sections_);
    }

  private:
    static char* give(char* buffer, int room, void* self) {
        return static_cast<SectionReader*>(self)->next(buffer, static_cast<std::size_t>(room));
    }
    static int take(void* self, const char*, const char* name, const char* value) {
        static_cast<SectionReader*>(self)->setting(name, value);
        return 1;
    }

    /// The reader of inih: the next line for it; null at the end.
    char* next(char* buffer, std::size_t room) {
        std::string line;
        if (!rest_.empty())
            line = " " + piece();
        else if (!next_line(line))
            return nullptr;
        line += '\n';
        assert(line.size() < room);
        std::memcpy(buffer, line.c_str(), std::min(line.size() + 1, room));
        return buffer;
    }

    /// Takes the next piece off the value that is being fed.
    std::string piece() {
        const std::string_view text = rest_.substr(0, piece_size);
        piece_line_ = at_ - 1;
        piece_column_ = column_;
        rest_.remove_prefix(text.size());
        column_ += text.size();
        return packed(text);
    }

    bool next_line(std::string& line) {
        while (at_ < source_->size()) {
            const SourceLine& source = source_->line(at_++);
            const std::string_view text = source.text;
            if (source.damaged) {
                if (means_header(text)) {
                    line = open_ownerless();
                    return true;
                }
                if (!sections_.empty()) sections_.back().broken = true;
                continue;
            }
            const std::size_t first = text.find_first_not_of(blanks);
            if (first == std::string_view::npos || text[first] == '#' || text[first] == ';')
                continue;
            if (text.starts_with('[')) {
                line = header(text);
                return true;
            }
            if (text.starts_with(".include") && (text.size() == 8 || is_blank(text[8]))) {
                line = include(text);
                return true;
            }
            if (takes_block(text.substr(first), first)) continue;
            if (continues(text, first)) {
                rest_ = text.substr(first);
                column_ = first;
                line = " " + piece();
                return true;
            }
            if (text[first] == '[') {
                line = header(text);
                return true;
            }
            if (attribute(text, first, line)) return true;
        }
        return false;
    }

    /// A line of `<IfModule ...>` or `</IfModule>`. Their indents are for the eye.
    bool takes_block(std::string_view line, std::size_t column) {
        const auto text = block_text(line);
        if (!text || sections_.empty()) return false;
        const std::size_t end = std::min(text->find_first_of(blanks), text->size());
        const std::string_view word = text->substr(0, end);
        const bool closes = same_word(word, "/IfModule");
        if (!closes && !same_word(word, "IfModule")) return false;
        indent_ = std::string_view::npos;
        std::string_view rest = text->substr(end);
        rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
        rest = rest.substr(0, rest.find_last_not_of(blanks) + 1);
        if (closes)
            close_block(rest, column);
        else
            open_block(rest, column);
        return true;
    }

    void open_block(std::string_view module, std::size_t column) {
        auto block = std::make_shared<ModuleBlock>();
        block->unless = module.starts_with('!');
        if (block->unless) module.remove_prefix(1);
        block->module = std::string(module);
        block->where = source_->where(at_ - 1, column);
        block->depth = block_ ? block_->depth + 1 : 1;
        block->outer = block_;
        if (module.empty() || module.find_first_of(" \t\f<>!") != std::string_view::npos)
            refuse(column, "this block does not name one module",
                   "write <IfModule prefork.c>, or the name of another MPM's module");
        if (block->depth <= deepest_block)
            block_ = std::move(block);
        else if (++beyond_ == 1)
            refuse(column, "these blocks are nested too deep", "write them side by side");
    }

    void close_block(std::string_view rest, std::size_t column) {
        if (!block_ || !rest.empty())
            refuse(column, block_ ? "something follows the word" : "no <IfModule> is open here",
                   block_ ? "write </IfModule>" : "take this line out");
        if (beyond_ > 0)
            --beyond_;
        else if (block_)
            block_ = block_->outer;
    }

    /// Where a section ends its blocks should have ended.
    void end_blocks() {
        if (block_) {
            sections_.back().broken = true;
            diagnostics_.error(block_->where, "this block never ends",
                               "write </IfModule> below its last setting");
        }
        block_ = nullptr;
        beyond_ = 0;
    }

    void refuse(std::size_t column, std::string message, std::string advice) {
        sections_.back().broken = true;
        diagnostics_.error(source_->where(at_ - 1, column), std::move(message), std::move(advice));
    }

    std::string open(std::string_view name, std::size_t column) {
        end_blocks();
        auto line = std::make_shared<LogicalLine>(source_);
        line->append(source_->line(at_ - 1).text, at_ - 1, 0);
        Section section;
        section.header = std::string(name);
        section.place = {std::move(line), column};
        sections_.push_back(std::move(section));
        indent_ = std::string_view::npos;
        return fmt::format("[{}]", sections_.size() - 1);
    }

    /// What follows is for nobody knows whom, and not for the section before it.
    std::string open_ownerless() {
        std::string line = open("", 0);
        sections_.back().broken = sections_.back().ownerless = true;
        return line;
    }

    std::string header(std::string_view text) {
        const auto name = section_header(text);
        if (name && name->find_first_not_of(blanks) != std::string_view::npos)
            return open(*name, 1);
        if (name)
            diagnostics_.error(source_->where(at_ - 1), "this section has no name",
                               "write [service], [defaults] or [minetd]");
        else
            diagnostics_.error(source_->where(at_ - 1), "this is no section header",
                               "write [name] in column 1, and nothing else");
        return open_ownerless();
    }

    /// An include stands between sections; the section before it is over.
    std::string include(std::string_view text) {
        std::string line = open("", 0);
        Section& section = sections_.back();
        section.include = true;
        section.settings.push_back({".include", Operator::set, source_->where(at_ - 1),
                                    std::make_shared<LogicalLine>(source_), nullptr});
        section.settings.back().value->append(text.substr(8), at_ - 1, 8);
        return line;
    }

    /// Deeper than the attribute that it goes on with: attributes themselves may be indented.
    bool continues(std::string_view, std::size_t first) const {
        return indent_ != std::string_view::npos && first > indent_;
    }

    bool attribute(std::string_view text, std::size_t first, std::string& line) {
        indent_ = first;
        std::size_t end = first;
        while (end < text.size() && names_attribute(text[end])) ++end;
        std::size_t next = std::min(text.find_first_not_of(blanks, end), text.size());
        const bool spaced = next > end;
        // `name-= value`: the dash is the operator's.
        if (!spaced && next < text.size() && text[next] == '=' && end - first > 1 &&
            text[end - 1] == '-')
            --end, --next;
        op_ = Operator::set;
        if (text.substr(next).starts_with("+="))
            op_ = Operator::add, next += 2;
        else if (text.substr(next).starts_with("-="))
            op_ = Operator::remove, next += 2;
        else if (text.substr(next).starts_with('='))
            ++next;
        else if (!spaced && next < text.size())
            end = first;
        if (sections_.empty() || sections_.back().include || end == first || next == end) {
            if (!sections_.empty()) sections_.back().broken = true;
            diagnostics_.error(
                source_->where(at_ - 1, end == first ? first : end),
                sections_.empty() || sections_.back().include ? "this attribute is in no section"
                : end == first                                ? "this is no attribute"
                               : "there is no value behind this name",
                sections_.empty() || sections_.back().include ? "write a [section] above it"
                : text[first] == '<' ? "of httpd.conf's blocks only <IfModule> means something here"
                                     : "write name = value");
            if (!sections_.empty() && sections_.back().include) open_ownerless();
            indent_ = std::string_view::npos;
            return false;
        }
        name_ = std::string(text.substr(first, end - first));
        name_where_ = source_->where(at_ - 1, first);
        next = std::min(text.find_first_not_of(blanks, next), text.size());
        rest_ = text.substr(next);
        column_ = next;
        begun_ = true;
        line = name_.substr(0, name_size) + "=" + piece();
        return true;
    }

    /// The handler of inih: a value, or the next piece of one.
    void setting(std::string_view name, std::string_view value) {
        auto& settings = sections_.back().settings;
        if (begun_) {
            assert(name == std::string_view(name_).substr(0, name_size));
            settings.push_back(
                {name_, op_, name_where_, std::make_shared<LogicalLine>(source_), block_});
            begun_ = false;
        }
        settings.back().value->append(unpacked(value), piece_line_, piece_column_);
    }

    const std::shared_ptr<const Source>& source_;
    std::size_t at_;
    Diagnostics& diagnostics_;
    std::vector<Section> sections_;

    std::string_view rest_;  ///< of the value that is being fed
    std::size_t column_ = 0;
    std::size_t piece_line_ = 0, piece_column_ = 0;
    std::string name_;
    Where name_where_;
    Operator op_ = Operator::set;
    bool begun_ = false;
    std::size_t indent_ = std::string_view::npos;  ///< of the last attribute
    std::shared_ptr<const ModuleBlock> block_;     ///< the innermost that is open
    unsigned beyond_ = 0;                          ///< open ones that were nested too deep
};

}  // namespace

std::vector<Section> read_sections(const std::shared_ptr<const Source>& source, std::size_t index,
                                   Diagnostics& diagnostics) {
    return SectionReader(source, index, diagnostics).run();
}

}  // namespace minetd
