// SPDX-License-Identifier: ISC
#include "daemon/os/hosts_access.h"

#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <vector>

namespace minetd::hosts_access {
namespace {

/// The next rule without its comment. A backslash at the end of a line continues it.
bool next_rule(std::istream& table, std::string& rule) {
    rule.clear();
    bool goes_on = true, any = false;
    for (std::string line; goes_on && std::getline(table, line); any = true) {
        goes_on = line.ends_with('\\');
        if (goes_on) line.pop_back();
        rule += line;
    }
    for (std::size_t at = 0; (at = rule.find('#', at)) != std::string::npos; ++at)
        if (at == 0 || rule[at - 1] != '\\') rule.resize(at);
    return any;
}

/// Takes off what is in front of the next colon that is not of an address in brackets.
std::string_view take_field(std::string_view& rest) {
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != ':') {
        const std::size_t bracket = rest[end] == '[' ? rest.find(']', end) : std::string_view::npos;
        end = bracket == std::string_view::npos ? end + 1 : bracket;
    }
    const std::string_view field = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return field;
}

std::vector<std::string_view> words(std::string_view text) {
    constexpr std::string_view separators = ", \t\r\n";
    std::vector<std::string_view> words;
    for (std::size_t end = 0;;) {
        const std::size_t begin = text.find_first_not_of(separators, end);
        if (begin == std::string_view::npos) return words;
        end = std::min(text.find_first_of(separators, begin), text.size());
        words.push_back(text.substr(begin, end - begin));
    }
}

bool same_word(std::string_view a, std::string_view b) {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// Surely not only if it is another's plain name.
bool may_mean(std::string_view word, std::string_view daemon) {
    const std::string_view name = word.substr(0, word.find('@'));
    const auto is_plain = [](unsigned char c) {
        return std::isalnum(c) || c == '-' || c == '_' || c == '.';
    };
    if (same_word(name, daemon) || same_word(name, "ALL") || same_word(name, "KNOWN")) return true;
    return name.empty() || name.front() == '.' || name.back() == '.' ||
           !std::all_of(name.begin(), name.end(), is_plain);
}

/// `/file` of hosts, by itself or behind a user or a daemon.
void add_file(std::string_view word, std::vector<std::string>& files) {
    const std::size_t at = word.rfind('@');
    if (at != std::string_view::npos && word.substr(at + 1).starts_with('/'))
        word.remove_prefix(at + 1);
    if (word.starts_with('/') && std::find(files.begin(), files.end(), word) == files.end())
        files.emplace_back(word);
}

void add_files_of_table(std::istream& table, const std::string& daemon,
                        std::vector<std::string>& files) {
    for (std::string rule; next_rule(table, rule);) {
        std::string_view rest = rule;
        const auto daemons = words(take_field(rest)), clients = words(take_field(rest));
        if (std::none_of(daemons.begin(), daemons.end(),
                         [&](std::string_view word) { return may_mean(word, daemon); }))
            continue;
        for (const std::string_view word : daemons) add_file(word, files);
        for (const std::string_view word : clients) add_file(word, files);
    }
}

void add_files_of_patterns(std::istream& patterns, std::vector<std::string>& files) {
    for (std::string word; patterns >> word;) add_file(word, files);
}

}  // namespace

bool has_rules(const std::string& table) {
    std::ifstream text(table);
    if (!text) return ::access(table.c_str(), F_OK) == 0 || errno != ENOENT;
    for (std::string rule; next_rule(text, rule);)
        if (!words(rule).empty()) return true;
    return false;
}

std::string unreadable_file(const std::string& table, const std::string& daemon) {
    std::vector<std::string> files{table};
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (::access(files[i].c_str(), R_OK) < 0) {
            if (errno != ENOENT) return files[i];
            continue;
        }
        std::ifstream text(files[i]);
        i == 0 ? add_files_of_table(text, daemon, files) : add_files_of_patterns(text, files);
    }
    return {};
}

}  // namespace minetd::hosts_access
