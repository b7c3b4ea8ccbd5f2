// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_words.h"

#include "daemon/config/codecs.h"

namespace minetd {
namespace {

struct Bit {
    std::string_view word;
    unsigned bit;
};
constexpr Bit types[] = {{"RPC", xinetd_rpc},
                         {"INTERNAL", xinetd_internal},
                         {"UNLISTED", xinetd_unlisted},
                         {"TCPMUX", xinetd_tcpmux},
                         {"TCPMUXPLUS", xinetd_tcpmux_plus}};
constexpr Bit flags[] = {
    {"INTERCEPT", xinetd_intercept},
    {"NORETRY", xinetd_noretry},
    {"IDONLY", xinetd_idonly},
    {"NAMEINARGS", xinetd_nameinargs},
    {"NODELAY", xinetd_nodelay},
    {"KEEPALIVE", xinetd_keepalive},
    {"NOLIBWRAP", xinetd_nolibwrap},
    {"SENSOR", xinetd_sensor},
    {"IPv4", xinetd_v4},
    {"IPv6", xinetd_v6},
    {"LABELED", xinetd_labeled},
    {"REUSE", xinetd_reuse},
};

unsigned bits_of(Words words, std::span<const Bit> table) {
    unsigned bits = 0;
    for (const Word& word : words) {
        std::vector<std::string_view> known;
        unsigned found = 0;
        for (const Bit& bit : table) {
            known.push_back(bit.word);
            if (same_word(bit.word, word.text)) found = bit.bit;
        }
        try {
            if (found == 0) codec::unknown_word(word.text, known);
        } catch (const BadValue& bad) {
            throw BadValue(bad.what(), bad.advice, static_cast<std::size_t>(&word - words.data()));
        }
        bits |= found;
    }
    return bits;
}

}  // namespace

unsigned xinetd_types(Words words) {
    return bits_of(words, types);
}

unsigned xinetd_flags(Words words) {
    return bits_of(words, flags);
}

}  // namespace minetd
