// SPDX-License-Identifier: ISC
#include "daemon/config/mdns_codecs.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/mdns_spec.h"
#include "daemon/config/service_spec.h"
#include "daemon/config/utf8.h"

namespace minetd {

bool is_discovery_type(std::string_view type) noexcept {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto usable = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
    if (!type.starts_with('_') || !(type.ends_with("._tcp") || type.ends_with("._udp")))
        return false;
    const std::string_view name = type.substr(1, type.size() - 6);
    return !name.empty() && name.size() <= 15 && std::all_of(name.begin(), name.end(), usable) &&
           std::any_of(name.begin(), name.end(), letter) && name.front() != '-' &&
           name.back() != '-' && name.find("--") == name.npos;
}

std::string discovery_type(const ServiceSpec& spec) {
    if (!spec.mdns.type.empty()) return spec.mdns.type;
    return fmt::format("_{}._{}", spec.name, spec.protocol == "tcp" ? "tcp" : "udp");
}

namespace codec {

void DiscoveryName::apply(const Attribute& row, std::string& value, Operator op, Words words) {
    std::string text;
    Text::apply(row, text, op, words);
    if (const std::size_t at = invalid_utf8(text); at != text.npos)
        throw BadValue(fmt::format("byte {} is not UTF-8", at + 1), "write the name in UTF-8");
    for (std::size_t at = 0; (at = text.find('%', at)) != text.npos; at += 2)
        if (at + 1 == text.size() || std::string_view("hs%").find(text[at + 1]) == text.npos)
            throw BadValue(fmt::format("`{}` stands for nothing", text.substr(at, 2)),
                           "write %h for the host's name, %s for the service's id, %% for a %");
    value = text;
}

void DiscoveryType::apply(const Attribute& row, std::string& value, Operator op, Words words) {
    std::string text;
    Text::apply(row, text, op, words);
    if (!text.empty() && !is_discovery_type(text))
        throw BadValue(fmt::format("`{}` is no type of service", text),
                       "write _NAME._tcp or _NAME._udp, with a NAME of at most 15 letters, digits "
                       "and hyphens (RFC 6335)");
    value = text;
}

}  // namespace codec
}  // namespace minetd
