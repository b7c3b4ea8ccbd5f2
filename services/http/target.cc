// SPDX-License-Identifier: ISC
#include "services/http/target.h"

#include <strings.h>

namespace minetd::http {
namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_plain(char c) noexcept {
    constexpr std::string_view marks = "-._~!$&'()*+,;=:@/";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != marks.npos;
}

bool never_in_a_name(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || c == '\\';
}

/// 0 and the next character of `path`, taken from its front; or a status.
int take_character(std::string_view& path, char& c) noexcept {
    c = path.front();
    if (c == '%') {
        if (path.size() < 3) return 400;
        const int high = hex_digit(path[1]), low = hex_digit(path[2]);
        if (high < 0 || low < 0) return 400;
        c = static_cast<char>(high * 16 + low);
        path.remove_prefix(2);
        if (c == '/') return 404;
    }
    path.remove_prefix(1);
    return never_in_a_name(c) ? 404 : 0;
}

bool is_hidden(std::string_view path, std::size_t segment) noexcept {
    const std::string_view name = path.substr(segment);
    return name.starts_with('.') && !(segment == 0 && name == ".well-known");
}

}  // namespace

bool split_target(std::string_view target, TargetParts& parts) noexcept {
    constexpr std::string_view scheme = "http://";
    if (target.find('#') != target.npos) return false;
    if (target.size() > scheme.size() &&
        ::strncasecmp(target.data(), scheme.data(), scheme.size()) == 0) {
        const std::size_t end = target.find_first_of("/?", scheme.size());
        if (end == scheme.size()) return false;  // no host
        target = end == target.npos ? "/" : target.substr(end);
        if (target.starts_with('?')) {
            parts = {"/", target};
            return true;
        }
    }
    if (!target.starts_with('/')) return false;
    const std::size_t query = target.find('?');
    parts.path = target.substr(0, query);
    parts.query = query == target.npos ? std::string_view() : target.substr(query);
    return true;
}

bool decode_value(std::string_view value, std::string& decoded) {
    decoded.clear();
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] != '%') {
            decoded += value[at] == '+' ? ' ' : value[at];
            continue;
        }
        if (value.size() - at < 3) return false;
        const int high = hex_digit(value[at + 1]), low = hex_digit(value[at + 2]);
        if (high < 0 || low < 0) return false;
        decoded += static_cast<char>(high * 16 + low);
        at += 2;
    }
    return true;
}

int decode_path(std::string_view path, Target& target) {
    target = {};
    std::size_t segment = 0;
    while (!path.empty()) {
        if (path.front() == '/') {
            path.remove_prefix(1);
            if (target.path.size() == segment) continue;
            if (is_hidden(target.path, segment)) return 404;
            target.path += '/';
            segment = target.path.size();
            continue;
        }
        char c;
        if (const int refused = take_character(path, c); refused != 0) return refused;
        target.path += c;
    }
    if (is_hidden(target.path, segment)) return 404;
    target.ends_in_slash = target.path.size() == segment;
    if (target.path.ends_with('/')) target.path.pop_back();
    return 0;
}

std::string encode_path(std::string_view path) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string text = "/";
    for (const char c : path) {
        if (is_plain(c)) {
            text += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            text += '%';
            text += digits[byte >> 4];
            text += digits[byte & 15];
        }
    }
    return text;
}

}  // namespace minetd::http
