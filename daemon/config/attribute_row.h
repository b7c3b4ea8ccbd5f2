// SPDX-License-Identifier: ISC
// How a row of the table is made: an access path into the spec and a codec give the functions.
#pragma once

#include <algorithm>

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

}  // namespace minetd
