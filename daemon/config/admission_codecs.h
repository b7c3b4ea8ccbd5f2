// SPDX-License-Identifier: ISC
// Codecs of the attributes about admission; see codecs.h for what a codec is.
#pragma once

#include "daemon/config/codecs.h"

namespace minetd::codec {

/// Addresses, networks and names (daemon/config/access_words.h); each only once. += and -= too.
struct AccessWords {
    static constexpr std::string_view type = "addresses, networks, hosts and domains";
    static constexpr bool operators = true;
    static void apply(const Attribute&, AccessRules& value, Operator op, Words words);
    static std::string format(const AccessRules& value);
};

/// The same, where `*` is everybody and no word at all is nobody.
struct OnlyFrom {
    using Value = std::optional<AccessRules>;
    static constexpr std::string_view type =
        "addresses, networks, hosts and domains, or * for everybody";
    static constexpr bool operators = true;
    static void apply(const Attribute&, Value& value, Operator op, Words words);
    static std::string format(const Value& value);
};

/// `HH:MM-HH:MM ...`; a range that ends before it begins goes over midnight.
struct TimeRanges {
    using Value = std::vector<TimeRange>;
    static constexpr std::string_view type = "HH:MM-HH:MM ...";
    static constexpr bool operators = false;
    static void apply(const Attribute&, Value& value, Operator op, Words words);
    static std::string format(const Value& value);
};

/// `10/s`, `100/m 20`: how many in a second, minute, hour or day, and how many of them at once.
struct RateOfSource {
    using Value = std::optional<Rate>;
    static constexpr std::string_view type = "N/s, N/m, N/h or N/d, and a burst";
    static constexpr bool operators = false;
    static void apply(const Attribute&, Value& value, Operator op, Words words);
    static std::string format(const Value& value);
};

/// `32 64`
struct Prefixes {
    static constexpr std::string_view type = "bits of IPv4 and of IPv6";
    static constexpr bool operators = false;
    static void apply(const Attribute&, SourcePrefix& value, Operator op, Words words);
    static std::string format(const SourcePrefix& value);
};

/// `FOREVER`, `NEVER` or minutes.
struct DenyTime {
    static constexpr std::string_view type = "minutes, FOREVER or NEVER";
    static constexpr bool operators = false;
    static void apply(const Attribute&, unsigned& value, Operator op, Words words);
    static std::string format(unsigned value);
};

/// `host port`, or nothing.
struct Destination {
    static constexpr std::string_view type = "host and port";
    static constexpr bool operators = false;
    static void apply(const Attribute&, Redirect& value, Operator op, Words words);
    static std::string format(const Redirect& value);
};

/// `1`, `1-3`, or `none`.
struct Versions {
    static constexpr std::string_view type = "N or N-M, or none";
    static constexpr bool operators = false;
    static void apply(const Attribute&, RpcProgram& value, Operator op, Words words);
    static std::string format(const RpcProgram& value);
};

}  // namespace minetd::codec
