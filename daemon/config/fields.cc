// SPDX-License-Identifier: ISC
#include "daemon/config/fields.h"

#include <fmt/core.h>

#include "daemon/config/values.h"

namespace minetd {
namespace {

std::vector<std::string> split_at(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// FreeBSD's `:user:group:mode:/path`.
ServiceField owned_path(std::string_view text) {
    ServiceField field;
    std::string* const parts[] = {&field.owner, &field.group, &field.mode};
    text.remove_prefix(1);
    for (std::string* part : parts) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos)
            throw BadValue("a unix socket with an owner has four parts",
                           "write :user:group:mode:/path");
        *part = std::string(text.substr(0, colon));
        text.remove_prefix(colon + 1);
    }
    field.service = std::string(text);
    return field;
}

}  // namespace

ServiceField service_field(std::string_view text, bool unix_path) {
    if (unix_path && text.starts_with(':')) return owned_path(text);
    ServiceField field;
    if (unix_path) {
        const std::size_t path = text.find_first_of("/@");
        if (path == std::string_view::npos)
            throw BadValue(fmt::format("`{}` is not the path of a unix socket", text),
                           "begin it with a slash, or with @ for the abstract name space");
        if (path > 0) {
            if (text[path - 1] != ':')
                throw BadValue(fmt::format("`{}` is not the path of a unix socket", text),
                               "begin it with a slash");
            field.has_hosts = true;
            field.hosts = std::string(text.substr(0, path - 1));
        }
        field.service = std::string(text.substr(path));
        return field;
    }
    // Everybody splits at the last colon, so that `::1:7000` and `:::telnet` work.
    const std::size_t colon = text.rfind(':');
    const std::size_t bracket = text.rfind(']');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        field.has_hosts = true;
        field.hosts = std::string(text.substr(0, colon));
        if (field.hosts.empty())
            throw BadValue("there is no address before the colon", "write `*:` for any address");
        text.remove_prefix(colon + 1);
    } else if (bracket != std::string_view::npos) {
        throw BadValue("there is no service behind the address", "write [2001:db8::1]:80");
    }
    static constexpr std::string_view mux = "tcpmux/";
    if (text.starts_with(mux)) {
        field.tcpmux = true;
        text.remove_prefix(mux.size());
        field.plus = text.starts_with('+');
        if (field.plus) text.remove_prefix(1);
        if (text.empty()) throw BadValue("there is no name behind `tcpmux/`");
    } else if (const std::size_t slash = text.find('/'); slash != text.npos && slash > 0) {
        field.versions = std::string(text.substr(slash + 1));
        text = text.substr(0, slash);
        if (field.versions.empty())
            throw BadValue("there are no versions behind the slash",
                           "write program/1 or program/1-3");
    }
    field.service = std::string(text);
    return field;
}

ProtocolField protocol_field(std::string_view text) {
    ProtocolField field;
    std::vector<std::string> parts = split_at(text, ',');
    std::string_view name = parts[0];
    if (name.starts_with("rpc/")) field.rpc = true, name.remove_prefix(4);
    if (name.starts_with("faith/")) field.faith = true, name.remove_prefix(6);
    if (name.ends_with("/faith")) field.faith = true, name.remove_suffix(6);
    if (name.ends_with("/ttcp")) field.ttcp = true, name.remove_suffix(5);
    field.protocol = std::string(name);
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::size_t equals = parts[i].find('=');
        const std::string option = parts[i].substr(0, equals);
        if (equals == std::string::npos || (option != "sndbuf" && option != "rcvbuf"))
            throw BadValue(fmt::format("`{}` is not an option of a protocol", parts[i]),
                           "write sndbuf=SIZE or rcvbuf=SIZE, with k or m");
        for (const auto& earlier : field.options)
            if (earlier.name == option) throw BadValue(fmt::format("`{}` is said twice", option));
        field.options.push_back({option, parts[i].substr(equals + 1)});
    }
    return field;
}

TypeField type_field(std::string_view text) {
    TypeField field;
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        field.filter = std::string(text.substr(colon + 1));
        if (field.filter.empty()) throw BadValue("there is no accept filter behind the colon");
        text = text.substr(0, colon);
    }
    const std::size_t comma = text.find(',');
    field.type = std::string(text.substr(0, comma));
    if (comma != std::string_view::npos) {
        field.accept_max = std::string(text.substr(comma + 1));
        if (field.accept_max.empty()) throw BadValue("there is no number behind the comma");
    }
    return field;
}

ServeField serve_field(std::string_view text) {
    ServeField field;
    const std::size_t end = std::min(text.find_first_of(".:/"), text.size());
    field.word = std::string(text.substr(0, end));
    text.remove_prefix(end);
    if (!text.empty() && text[0] != '/') {
        const std::size_t slash = std::min(text.find('/'), text.size());
        field.rate = std::string(text.substr(1, slash - 1));
        text.remove_prefix(slash);
    }
    if (!text.empty()) field.slashes = split_at(text.substr(1), '/');
    if (field.slashes.size() > 3)
        throw BadValue("there are more than three numbers behind the slashes",
                       "write /sessions[/starts per minute and source[/sessions per source]]");
    return field;
}

UserField user_field(std::string_view text, bool split_dot) {
    UserField field;
    const std::size_t slash = text.rfind('/');
    if (slash != std::string_view::npos) {
        field.login_class = std::string(text.substr(slash + 1));
        text = text.substr(0, slash);
        if (field.login_class.empty()) throw BadValue("there is no login class behind the slash");
    }
    std::size_t mark = text.find(':');
    if (mark == std::string_view::npos && split_dot) mark = text.find('.');
    field.user = std::string(text.substr(0, mark));
    if (field.user.empty())
        throw BadValue("there is no user in this field", "write user or user:group");
    if (mark != std::string_view::npos) {
        field.group = std::string(text.substr(mark + 1));
        if (field.group.empty()) throw BadValue("there is no group behind the user");
    }
    return field;
}

}  // namespace minetd
