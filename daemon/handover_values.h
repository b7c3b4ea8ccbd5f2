// SPDX-License-Identifier: ISC
// How the values of a handover are written in JSON, and what is demanded of one that is read. Every
// reader throws std::runtime_error, or nlohmann::json::exception where something is missing or of
// another type.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/os/socket_address.h"
#include "mpm/handed_over.h"

namespace minetd::handed {

using Json = nlohmann::json;

[[noreturn]] void wrong(const std::string& what);
[[noreturn]] void out_of_range(const char* name);

/// A whole number of this type.
template <class Number>
Number whole(const Json& value, const char* name) {
    if (value.is_number_unsigned()) {
        const auto read = value.get<std::uint64_t>();
        if (std::in_range<Number>(read)) return static_cast<Number>(read);
    } else if (value.is_number_integer()) {
        const auto read = value.get<std::int64_t>();
        if (std::in_range<Number>(read)) return static_cast<Number>(read);
    }
    out_of_range(name);
}

/// A member that is one.
template <class Number>
Number number(const Json& json, const char* name) {
    return whole<Number>(json.at(name), name);
}

/// The list itself; another number of items is an error.
const Json& list_of(std::size_t size, const Json& value, const char* name);

/// A text of any bytes as one of JSON's: each byte becomes the character of its number.
std::string coded(std::string_view bytes);
std::string decoded(const std::string& characters);
std::string text(const Json& json, const char* name);

/// The member `pid`: of a process that can be a child of ours.
pid_t pid(const Json& json);

/// One that is open here, or none.
HandedFd descriptor(const Json& json, const char* name);
HandedFd open_descriptor(const Json& json, const char* name);

/// Its bytes, in hexadecimal.
std::string address_text(const SocketAddress& address);
SocketAddress address(const Json& json, const char* name);

template <class Item>
Json list(const std::vector<Item>& items, Json (*write)(const std::type_identity_t<Item>&)) {
    Json out = Json::array();
    for (const Item& item : items) out.push_back(write(item));
    return out;
}

template <class Item>
std::vector<Item> list(const Json& json, const char* name, Item (*read)(const Json&)) {
    std::vector<Item> out;
    for (const Json& item : json.at(name)) out.push_back(read(item));
    return out;
}

}  // namespace minetd::handed
