// SPDX-License-Identifier: ISC
// Codecs: how a value of a type is written. Each has `type` (for --attributes), `operators`,
// `apply` (throws BadValue) and `format`; what format writes, apply reads back.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/attributes.h"
#include "daemon/config/values.h"

namespace minetd::codec {

/// The only word of a value that is one word, not added to or removed from.
const std::string& only_word(Operator op, Words words);
/// Throws BadValue for += and -=.
void require_set(Operator op);
/// The word, if its length is in the row's range. Names and paths appear in logs and messages, so
/// they have no control characters; arguments and variables may have any byte.
const std::string& checked_text(const Attribute& row, const std::string& word);

/// A string that can be a template argument.
template <std::size_t N>
struct Literal {
    char text[N];
    constexpr Literal(const char (&literal)[N]) {  // NOLINT: implicit on purpose
        for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
    }
};

struct YesNo {
    static constexpr std::string_view type = "yes or no";
    static constexpr bool operators = false;
    static void apply(const Attribute&, bool& value, Operator op, Words words);
    static std::string format(bool value) { return value ? "yes" : "no"; }
};

/// Numbers differ by what may follow the digits.
template <std::int64_t (*From)(std::string_view, std::int64_t, std::int64_t), Literal Type>
struct Numeric {
    static constexpr std::string_view type = Type.text;
    static constexpr bool operators = false;
    template <class T>
    static void apply(const Attribute& row, T& value, Operator op, Words words) {
        value = static_cast<T>(From(only_word(op, words), row.min, row.max));
    }
    template <class T>
    static std::string format(const T& value) {
        return std::to_string(value);
    }
};
using Number = Numeric<number_from, "number">;
using Size = Numeric<size_from, "bytes, with k, m or g">;
using Seconds = Numeric<seconds_from, "seconds, or with m, h or d">;

/// A number that may have a fraction, more than 0; the row has its most.
struct Decimal {
    static constexpr std::string_view type = "number, fractions too";
    static constexpr bool operators = false;
    static void apply(const Attribute& row, double& value, Operator op, Words words);
    static std::string format(double value);
};

/// A Size whose bare number is KiB, as in Apache's MaxMemFree.
struct Kibibytes {
    static constexpr std::string_view type = "KiB, or with k, m or g";
    static constexpr bool operators = false;
    static void apply(const Attribute& row, std::uint64_t& value, Operator op, Words words);
    static std::string format(std::uint64_t value);
};

struct Mode {
    static constexpr std::string_view type = "octal mode";
    static constexpr bool operators = false;
    static void apply(const Attribute&, mode_t& value, Operator op, Words words);
    static std::string format(mode_t value) { return mode_text(value); }
};

/// Another codec's value, or a word for its absence.
template <class Codec, Literal Absent>
struct Optional {
    static constexpr std::string_view type = Codec::type;
    static constexpr bool operators = Codec::operators;
    template <class T>
    static void apply(const Attribute& row, std::optional<T>& value, Operator op, Words words) {
        if (op == Operator::set && words.size() == 1 && same_word(words[0].text, Absent.text)) {
            value.reset();
            return;
        }
        T inner = value.value_or(T{});
        Codec::apply(row, inner, op, words);
        value = std::move(inner);
    }
    template <class T>
    static std::string format(const std::optional<T>& value) {
        return value ? Codec::format(*value) : Absent.text;
    }
};

/// One word; min and max of the row are its length.
struct Text {
    static constexpr std::string_view type = "word";
    static constexpr bool operators = false;
    static void apply(const Attribute&, std::string& value, Operator op, Words words);
    static std::string format(const std::string& value) { return quote(value); }
};

/// A Text that is an absolute path, or empty where the row allows that.
struct Path {
    static constexpr std::string_view type = "absolute path";
    static constexpr bool operators = false;
    static void apply(const Attribute&, std::string& value, Operator op, Words words);
    static std::string format(const std::string& value) { return quote(value); }
};

/// One of a fixed set of words: `names` is specialised for each enumeration.
template <class E>
struct Name {
    std::string_view word;
    E value;
};
template <class E>
std::span<const Name<E>> names() noexcept;
template <>
std::span<const Name<SocketType>> names() noexcept;
template <>
std::span<const Name<Serve>> names() noexcept;
template <>
std::span<const Name<Overflow>> names() noexcept;
template <>
std::span<const Name<SpawnPolicy>> names() noexcept;
template <>
std::span<const Name<UdpGuard>> names() noexcept;
template <>
std::span<const Name<LogFormat>> names() noexcept;
template <>
std::span<const Name<ProxyProtocol>> names() noexcept;

[[noreturn]] void unknown_word(const std::string& word, std::span<const std::string_view> known);

template <class E, Literal Type>
struct Choice {
    static constexpr std::string_view type = Type.text;
    static constexpr bool operators = false;
    static void apply(const Attribute&, E& value, Operator op, Words words) {
        const std::string& word = only_word(op, words);
        std::vector<std::string_view> known;
        for (const Name<E>& name : names<E>()) {
            known.push_back(name.word);
            if (!same_word(name.word, word)) continue;
            value = name.value;
            return;
        }
        unknown_word(word, known);
    }
    static std::string format(E value) {
        for (const Name<E>& name : names<E>())
            if (name.value == value) return std::string(name.word);
        return {};
    }
};

/// The fourth word; `wait = yes` and `wait = no` of xinetd and NetBSD are the same attribute.
struct ServeWord {
    static constexpr std::string_view type =
        "nowait, wait, prefork, worker, event, threads or perchild";
    static constexpr bool operators = false;
    static void apply(const Attribute& row, Serve& value, Operator op, Words words);
    static std::string format(Serve value);
};

/// Words in order; += appends, -= takes away, and a word is there only once.
struct List {
    static constexpr std::string_view type = "words";
    static constexpr bool operators = true;
    static void apply(const Attribute&, std::vector<std::string>& value, Operator op, Words words);
    static std::string format(const std::vector<std::string>& value) { return quote(value); }
};

/// A List of names of variables.
struct Variables : List {
    static constexpr std::string_view type = "names of variables, or *";
    static void apply(const Attribute&, std::vector<std::string>& value, Operator op, Words words);
};

/// Addresses: a List whose `*` is the empty list; brackets around IPv6 may stay or go.
struct Addresses {
    static constexpr std::string_view type = "addresses";
    static constexpr bool operators = true;
    static void apply(const Attribute&, std::vector<std::string>& value, Operator op, Words words);
    static std::string format(const std::vector<std::string>& value);
};

/// NAME=value words; -= takes names.
struct Environment {
    using Map = std::map<std::string, std::string>;
    static constexpr std::string_view type = "NAME=value ...";
    static constexpr bool operators = true;
    static void apply(const Attribute&, Map& value, Operator op, Words words);
    static std::string format(const Map& value);
};

/// xinetd's words for what a record tells.
struct LogFields {
    static constexpr std::string_view type =
        "words of PID HOST USERID EXIT DURATION TRAFFIC ATTEMPT USAGE, or NONE";
    static constexpr bool operators = true;
    static void apply(const Attribute&, unsigned& value, Operator op, Words words);
    static std::string format(unsigned value);
};

std::span<const std::string_view> syslog_facilities() noexcept;

/// `stderr`, `syslog[:facility[.level]]`, `file:PATH`, `journal`, `none`, `inherit`; and xinetd's
/// `SYSLOG facility [level]` and `FILE path [soft [hard]]`.
struct Target {
    static constexpr std::string_view type =
        "stderr, syslog[:facility[.level]], file:PATH [soft [hard]], journal, none or inherit";
    static constexpr bool operators = false;
    static void apply(const Attribute&, LogTarget& value, Operator op, Words words);
    static std::string format(const LogTarget& value);
};

/// `socket`, `log`, `null`, or the path of a file.
struct Stderr {
    static constexpr std::string_view type = "socket, log, null or an absolute path";
    static constexpr bool operators = false;
    static void apply(const Attribute&, StderrTarget& value, Operator op, Words words);
    static std::string format(const StderrTarget& value);
};

/// `rate wait`, as in xinetd; a rate of 0 is no limit there.
struct Cps {
    using Value = std::optional<ConnectionsPerSecond>;
    static constexpr std::string_view type = "rate and seconds of pause";
    static constexpr bool operators = false;
    static void apply(const Attribute&, Value& value, Operator op, Words words);
    static std::string format(const Value& value);
};

/// `tcp`, `udp6`, `tcp46`, `unix`, ...: three members, one word.
struct Protocol {
    static constexpr std::string_view type =
        "tcp, udp, unix or a name of protocols(5), with 4, 6 or 46";
    static constexpr bool operators = false;
    static void apply(const Attribute&, ServiceSpec& spec, Operator op, Words words);
    static std::string format(const ServiceSpec& spec);
};

/// `ADDRESS user [group], ...`; += adds, -= takes addresses.
struct Assignments {
    using Value = std::vector<UserAssignment>;
    static constexpr std::string_view type = "ADDRESS user [group], ...";
    static constexpr bool operators = true;
    static void apply(const Attribute& row, Value& value, Operator op, Words words);
    static std::string format(const Value& value);
};

/// `no`, `yes`, or `plus`: minetd itself sends the positive reply.
struct Tcpmux {
    static constexpr std::string_view type = "no, yes or plus";
    static constexpr bool operators = false;
    static void apply(const Attribute&, ServiceSpec& spec, Operator op, Words words);
    static std::string format(const ServiceSpec& spec);
};

}  // namespace minetd::codec
