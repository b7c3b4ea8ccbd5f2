// SPDX-License-Identifier: ISC
#include "daemon/config/access_words.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>

#include "daemon/config/values.h"

namespace minetd {
namespace {

constexpr unsigned v4_prefix = 96;
constexpr std::size_t longest_name = 253;  // RFC 1035, without the last dot

AccessRule network_of(const std::array<std::uint8_t, 16>& address, unsigned prefix) {
    AccessRule rule;
    rule.address = address;
    rule.prefix = static_cast<std::uint8_t>(prefix);
    for (unsigned bit = prefix; bit < 128; ++bit)
        rule.address[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
    return rule;
}

/// `prefix` counts from the first bit of the IPv4 address.
AccessRule v4_network(std::uint32_t address, unsigned prefix) {
    std::array<std::uint8_t, 16> bytes{};
    bytes[10] = bytes[11] = 0xFF;
    for (unsigned i = 0; i < 4; ++i)
        bytes[12 + i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
    return network_of(bytes, v4_prefix + prefix);
}

bool v4_from(std::string_view text, std::uint32_t& address) {
    in_addr parsed;
    // inet_aton's shorthand (`127.0`), but no octal or hexadecimal surprises.
    if (text.empty() || text.back() == '.' || text.find_first_not_of("0123456789.") != text.npos ||
        text.find('.') == text.npos || ::inet_aton(std::string(text).c_str(), &parsed) == 0)
        return false;
    for (std::size_t at = 0; at < text.size(); at = text.find('.', at) + 1) {
        if (text[at] == '0' && at + 1 < text.size() && text[at + 1] != '.') return false;
        if (text.find('.', at) == text.npos) break;
    }
    address = ntohl(parsed.s_addr);
    return true;
}

bool v6_from(std::string_view text, std::array<std::uint8_t, 16>& address) {
    return text.find(':') != text.npos &&
           ::inet_pton(AF_INET6, std::string(text).c_str(), address.data()) == 1;
}

/// `192.168` is no network but 192.0.0.168 to inet_aton(3). Only zeros at the end read as they
/// look.
bool is_misleading(std::string_view address) {
    std::uint32_t v4 = 0;
    return std::count(address.begin(), address.end(), '.') < 3 && !address.ends_with(".0") &&
           v4_from(address, v4);
}

/// Whole octets of zeros at the end say "any": 10.1.0.0 is 10.1.0.0/16.
unsigned prefix_of_zeros(std::uint32_t address) {
    unsigned prefix = 32;
    while (prefix > 0 && (address >> (32 - prefix) & 0xFF) == 0) prefix -= 8;
    return prefix;
}

/// `255.255.0.0`: the ones come first.
std::optional<unsigned> prefix_of_mask(std::uint32_t mask) {
    unsigned prefix = 0;
    while (prefix < 32 && (mask & 0x80000000U >> prefix) != 0) ++prefix;
    if (prefix < 32 && (mask << prefix) != 0) return std::nullopt;
    return prefix;
}

[[noreturn]] void refuse(std::string_view word, std::string advice = {}) {
    if (advice.empty())
        advice = "write 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, a host's name, or .example.org";
    throw BadValue(fmt::format("`{}` is no address, network or host's name", word),
                   std::move(advice));
}

unsigned bits_from(std::string_view word, std::string_view text, unsigned most) {
    const auto bits = decimal(text);
    if (!bits || *bits < 0 || *bits > most)
        refuse(word, fmt::format("a prefix has 0 to {} bits", most));
    return static_cast<unsigned>(*bits);
}

void read_network(std::string_view word, std::size_t slash, AccessRules& rules) {
    const std::string_view address = word.substr(0, slash), length = word.substr(slash + 1);
    std::uint32_t v4 = 0, mask = 0;
    std::array<std::uint8_t, 16> v6;
    if (v4_from(address, v4)) {
        if (length.find('.') == length.npos)
            return rules.push_back(v4_network(v4, bits_from(word, length, 32)));
        const auto prefix = v4_from(length, mask) ? prefix_of_mask(mask) : std::nullopt;
        if (!prefix) refuse(word, "a netmask is ones and then zeros, such as 255.255.255.0");
        return rules.push_back(v4_network(v4, *prefix));
    }
    if (!v6_from(address, v6)) refuse(word);
    rules.push_back(network_of(v6, bits_from(word, length, 128)));
}

/// `a.b.{c,d}`
void read_factors(std::string_view word, std::size_t brace, AccessRules& rules) {
    const std::string_view advice = "write the last octets between braces: 10.1.2.{3,4,7}";
    if (!word.ends_with('}') || brace == 0 || word[brace - 1] != '.')
        refuse(word, std::string(advice));
    std::string_view rest = word.substr(brace + 1, word.size() - brace - 2);
    const std::string front(word.substr(0, brace));
    const auto octets = 1 + std::count(front.begin(), front.end(), '.');
    if (octets > 4) refuse(word, std::string(advice));
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        more = comma != rest.npos;
        std::string text = front + std::string(rest.substr(0, comma));
        // Fewer than four octets name a network, as with a trailing zero.
        for (auto i = octets; i < 4; ++i) text += ".0";
        std::uint32_t address = 0;
        if (!v4_from(text, address)) refuse(word, std::string(advice));
        rules.push_back(v4_network(address, octets == 4 ? 32 : static_cast<unsigned>(octets) * 8));
        rest = more ? rest.substr(comma + 1) : rest;
    }
}

bool is_name(std::string_view word) {
    if (word.starts_with('.')) word.remove_prefix(1);
    if (word.empty() || word.size() > longest_name || word.back() == '.' ||
        word.find("..") != word.npos)
        return false;
    const bool letters = std::any_of(word.begin(), word.end(), [](unsigned char c) {
        return std::isalpha(c) != 0 || c >= 0x80;
    });
    return letters && std::all_of(word.begin(), word.end(), [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
           });
}

bool read_network_name(const std::string& word, AccessRules& rules) {
    const netent* const entry =
        word.find('.') == word.npos ? ::getnetbyname(word.c_str()) : nullptr;
    if (entry == nullptr || entry->n_addrtype != AF_INET) return false;
    std::uint32_t net = entry->n_net;
    // networks(5) may leave the zeros at the end out.
    while (net != 0 && (net & 0xFF000000U) == 0) net <<= 8;
    const unsigned prefix = net >> 31 == 0 ? 8 : net >> 30 == 2 ? 16 : 24;
    rules.push_back(v4_network(net, std::max(prefix, prefix_of_zeros(net))));
    return true;
}

}  // namespace

std::optional<ShortAddress> short_address(std::string_view word) {
    const std::size_t slash = std::min(word.find('/'), word.size());
    std::string address(word.substr(0, slash));
    if (!is_misleading(address)) return std::nullopt;
    in_addr parsed{};
    ::inet_aton(address.c_str(), &parsed);
    char text[INET_ADDRSTRLEN];
    ::inet_ntop(AF_INET, &parsed, text, sizeof text);
    std::string prefix(word.substr(slash));
    const std::string is = text + prefix;
    auto octets = 1 + std::count(address.begin(), address.end(), '.');
    if (prefix.empty()) prefix = fmt::format("/{}", 8 * octets);
    for (; octets < 4; ++octets) address += ".0";
    return ShortAddress{is, address + prefix};
}

void read_access_word(std::string_view word, AccessRules& rules) {
    std::uint32_t v4 = 0;
    if (const auto said = short_address(word))
        refuse(word, fmt::format("write {}, or {}", said->looks_like, said->is));
    std::array<std::uint8_t, 16> v6;
    if (const std::size_t brace = word.find('{'); brace != word.npos)
        return read_factors(word, brace, rules);
    if (word.find(',') != word.npos) refuse(word, "separate words with blanks, not with commas");
    if (const std::size_t slash = word.find('/'); slash != word.npos)
        return read_network(word, slash, rules);
    if (v4_from(word, v4)) return rules.push_back(v4_network(v4, prefix_of_zeros(v4)));
    if (v6_from(word, v6)) return rules.push_back(network_of(v6, 128));
    if (word.ends_with('.') && v4_from(word.substr(0, word.size() - 1), v4))
        refuse(word, fmt::format("for the network write {}0 or {}0/{}", word, word,
                                 8 * std::count(word.begin(), word.end(), '.')));
    if (!is_name(word)) refuse(word);
    if (read_network_name(std::string(word), rules)) return;
    AccessRule rule;
    rule.kind = word.starts_with('.') ? AccessRule::Kind::domain : AccessRule::Kind::host;
    rule.name = std::string(word);
    for (char& c : rule.name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    rules.push_back(std::move(rule));
}

std::string access_text(const AccessRule& rule) {
    if (rule.kind != AccessRule::Kind::network) return rule.name;
    static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const bool v4 =
        rule.prefix >= v4_prefix && std::memcmp(rule.address.data(), mapped, sizeof mapped) == 0;
    char text[INET6_ADDRSTRLEN];
    ::inet_ntop(v4 ? AF_INET : AF_INET6, rule.address.data() + (v4 ? 12 : 0), text, sizeof text);
    return fmt::format("{}/{}", text, v4 ? rule.prefix - v4_prefix : rule.prefix);
}

bool AccessLists::names() const noexcept {
    const auto named = [](const AccessRule& rule) {
        return rule.kind != AccessRule::Kind::network;
    };
    return std::any_of(no_access.begin(), no_access.end(), named) ||
           (only_from && std::any_of(only_from->begin(), only_from->end(), named));
}

}  // namespace minetd
