// SPDX-License-Identifier: ISC
// How a row of the table is made: an access path into the spec and a codec give the functions.
#pragma once

#include <algorithm>
#include <limits>

#include "daemon/config/codecs.h"

namespace minetd {

/// The member at the end of a path of member pointers, and its codec.
template <class Spec, class Codec, auto... Path>
struct Member {
    static constexpr std::string_view type = Codec::type;
    static constexpr bool operators = Codec::operators;

    static void assign(const Attribute& row, Spec& spec, Operator op, Words words) {
        Codec::apply(row, (spec.*....*Path), op, words);
    }
    static std::string format(const Spec& spec) { return Codec::format((spec.*....*Path)); }
    static void copy(const Spec& from, Spec& to) { (to.*....*Path) = (from.*....*Path); }
    static bool equal(const Spec& a, const Spec& b) { return (a.*....*Path) == (b.*....*Path); }
};

/// Several members that one word says together.
template <class Codec, auto... Members>
struct Together {
    static constexpr std::string_view type = Codec::type;
    static constexpr bool operators = Codec::operators;

    static void assign(const Attribute& row, ServiceSpec& spec, Operator op, Words words) {
        Codec::apply(row, spec, op, words);
    }
    static std::string format(const ServiceSpec& spec) { return Codec::format(spec); }
    static void copy(const ServiceSpec& from, ServiceSpec& to) {
        ((to.*Members = from.*Members), ...);
    }
    static bool equal(const ServiceSpec& a, const ServiceSpec& b) {
        return ((a.*Members == b.*Members) && ...);
    }
};

/// One resource of `rlimits`, which is ordered by resource. Sizes take k, m and g.
template <int Resource, class Codec>
struct Rlimit {
    static constexpr std::string_view type = Codec::type;
    static constexpr bool operators = false;

    static std::optional<rlim_t> get(const ServiceSpec& spec) {
        for (const ResourceLimit& limit : spec.rlimits)
            if (limit.resource == Resource) return limit.value;
        return std::nullopt;
    }
    static void set(ServiceSpec& spec, std::optional<rlim_t> value) {
        auto& all = spec.rlimits;
        auto at = std::find_if(all.begin(), all.end(), [](const ResourceLimit& limit) {
            return limit.resource >= Resource;
        });
        const bool there = at != all.end() && at->resource == Resource;
        if (!value && there)
            all.erase(at);
        else if (value && there)
            at->value = *value;
        else if (value)
            all.insert(at, {Resource, *value});
    }
    static void assign(const Attribute& row, ServiceSpec& spec, Operator op, Words words) {
        const std::string& word = codec::only_word(op, words);
        rlim_t value = RLIM_INFINITY;
        if (same_word(word, "inherit")) return set(spec, std::nullopt);
        if (!same_word(word, "unlimited")) Codec::apply(row, value, op, words);
        set(spec, value);
    }
    static std::string format(const ServiceSpec& spec) {
        const auto value = get(spec);
        return !value ? "inherit" : *value == RLIM_INFINITY ? "unlimited" : std::to_string(*value);
    }
    static void copy(const ServiceSpec& from, ServiceSpec& to) { set(to, get(from)); }
    static bool equal(const ServiceSpec& a, const ServiceSpec& b) { return get(a) == get(b); }
};

/// The two attributes behind `server_args`. While a spec is read its first word is always argv[0],
/// empty when nobody said it, since whether there will be one (a program) or not (a builtin) is
/// known only at the end; conclude() settles it.
struct Arguments {
    static constexpr std::string_view type = "words";
    static constexpr bool operators = true;

    static void assign(const Attribute&, ServiceSpec& spec, Operator op, Words words);
    static std::string format(const ServiceSpec& spec);
    static void copy(const ServiceSpec& from, ServiceSpec& to);
    static bool equal(const ServiceSpec& a, const ServiceSpec& b);
};
struct Argv0 {
    static constexpr std::string_view type = "word";
    static constexpr bool operators = false;

    static void assign(const Attribute& row, ServiceSpec& spec, Operator op, Words words);
    static std::string format(const ServiceSpec& spec);
    static void copy(const ServiceSpec& from, ServiceSpec& to);
    static bool equal(const ServiceSpec& a, const ServiceSpec& b);
};

template <class Spec, class Access>
constexpr Row<Spec> make_row(const Attribute& attribute) {
    return {attribute,       Access::type,  Access::operators, &Access::assign,
            &Access::format, &Access::copy, &Access::equal};
}

/// The parts of the table, by what they are about (socket_rows.cc and so on), and what their rows
/// have in common: name, aliases, min, max, in [defaults], effect of a change, help.
namespace rows {

using Spec = ServiceSpec;
using Unlimited = codec::Optional<codec::Number, "unlimited">;

inline constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t many = 1'000'000;              ///< sessions, starts
inline constexpr std::int64_t longest = 4096;                ///< of a path or a word
inline constexpr std::int64_t long_time = 10 * 365 * 86400;  ///< seconds

template <class Codec, auto... Path>
constexpr Row<Spec> row(const Attribute& attribute) {
    return make_row<Spec, Member<Spec, Codec, Path...>>(attribute);
}

std::span<const Row<Spec>> socket_rows() noexcept;
std::span<const Row<Spec>> admission_rows() noexcept;
std::span<const Row<Spec>> forwarding_rows() noexcept;
std::span<const Row<Spec>> registration_rows() noexcept;
std::span<const Row<Spec>> pool_rows() noexcept;
std::span<const Row<Spec>> program_rows() noexcept;
std::span<const Row<Spec>> sandbox_rows() noexcept;
std::span<const Row<Spec>> builtin_rows() noexcept;
std::span<const Row<Spec>> cgroup_rows() noexcept;
std::span<const Row<Spec>> record_rows() noexcept;

}  // namespace rows

}  // namespace minetd
