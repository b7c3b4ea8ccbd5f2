// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_values.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/codecs.h"

namespace minetd::xinetd {
namespace {

bool one_of(std::string_view word, std::initializer_list<std::string_view> known) {
    return std::any_of(known.begin(), known.end(),
                       [&](std::string_view name) { return same_word(name, word); });
}

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::size_t index_of(const Word& word, Words words) {
    return static_cast<std::size_t>(&word - words.data());
}

void number(const Word& word, std::size_t index, std::string advice) {
    if (!is_digits(word.text))
        throw BadValue(fmt::format("`{}` is not a number", word.text), std::move(advice), index);
}

void log_words(Words words, std::initializer_list<std::string_view> known) {
    for (const Word& word : words) {
        if (one_of(word.text, known)) continue;
        if (same_word(word.text, "RECORD"))
            throw BadValue("RECORD is gone since xinetd 2.3: xinetd disables the service for it",
                           "leave it out", index_of(word, words));
        try {
            codec::unknown_word(word.text, std::vector<std::string_view>(known));
        } catch (const BadValue& bad) {
            throw BadValue(bad.what(), bad.advice, index_of(word, words));
        }
    }
}

}  // namespace

void yes_or_no(Words words) {
    if (!one_of(words[0].text, {"yes", "no"}))
        throw BadValue(fmt::format("`{}` is neither yes nor no", words[0].text), "write yes or no");
}

void socket_type(Words words) {
    if (!one_of(words[0].text, {"stream", "dgram", "raw", "seqpacket"}))
        throw BadValue(fmt::format("there is no socket type `{}`", words[0].text),
                       "write stream, dgram, raw or seqpacket");
}

void count(Words words) {
    number(words[0], 0, "write digits only");
}

void count_or_unlimited(Words words) {
    if (!one_of(words[0].text, {"UNLIMITED"})) number(words[0], 0, "write digits, or UNLIMITED");
}

void counts(Words words) {
    for (const Word& word : words) number(word, index_of(word, words), "write digits only");
}

void niceness(Words words) {
    std::string_view text = words[0].text;
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    if (!decimal(text))
        throw BadValue(fmt::format("`{}` is not a number", words[0].text),
                       "write a number from -20 to 19");
}

void octal(Words words) {
    if (mode_from(words[0].text) > 0777)
        throw BadValue(fmt::format("{} is more than 777", words[0].text), "write it like 022");
}

void bytes(Words words) {
    std::string_view text = words[0].text;
    if (one_of(text, {"UNLIMITED"})) return;
    if (!text.empty() && std::string_view("kKmM").find(text.back()) != text.npos)
        text.remove_suffix(1);
    if (!is_digits(text))
        throw BadValue(fmt::format("`{}` is no size", words[0].text),
                       "write digits, with k or m behind them, or UNLIMITED");
}

void seconds(Words words) {
    if (!one_of(words[0].text, {"UNLIMITED"}))
        number(words[0], 0, "write seconds without a unit, or UNLIMITED");
}

void minutes(Words words) {
    if (!one_of(words[0].text, {"FOREVER", "NEVER"}))
        number(words[0], 0, "write minutes, FOREVER or NEVER");
}

void access_times(Words words) {
    for (const Word& word : words) {
        const std::size_t dash = word.text.find('-');
        if (dash != std::string::npos && word.text.substr(0, dash) == word.text.substr(dash + 1))
            throw BadValue(fmt::format("`{}` is no time at all", word.text),
                           "write ranges such as 08:00-17:30", index_of(word, words));
    }
}

void log_type(Words words) {
    const bool syslog = !words.empty() && same_word(words[0].text, "SYSLOG");
    if (!syslog && (words.empty() || !same_word(words[0].text, "FILE")))
        throw BadValue("this is no kind of log",
                       "write SYSLOG facility [level], or FILE path [soft [hard]]");
    if (words.size() < 2)
        throw BadValue(syslog ? "there is no facility" : "there is no path",
                       syslog ? "write SYSLOG daemon info" : "write FILE /var/log/NAME");
    if (!syslog && !words[1].text.starts_with('/'))
        throw BadValue("a log file needs an absolute path", "write FILE /var/log/NAME", 1);
    if (syslog && one_of(words[1].text, {"kern", "cron", "syslog"}))
        throw BadValue(fmt::format("xinetd does not log to the facility {}", words[1].text),
                       "write daemon, auth, authpriv, user, mail, lpr, news, uucp, ftp or local0 "
                       "to local7",
                       1);
}

void log_on_success(Words words) {
    log_words(words, {"PID", "HOST", "USERID", "EXIT", "DURATION", "TRAFFIC"});
}

void log_on_failure(Words words) {
    log_words(words, {"HOST", "USERID", "ATTEMPT"});
}

}  // namespace minetd::xinetd
