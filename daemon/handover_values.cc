// SPDX-License-Identifier: ISC
#include "daemon/handover_values.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <stdexcept>

namespace minetd::handed {
namespace {

std::string to_hex(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return out;
}

std::string from_hex(const Json& json, const char* name) {
    const std::string digits = text(json, name);
    std::string out;
    if (digits.size() % 2 != 0 || digits.find_first_not_of("0123456789abcdef") != digits.npos)
        wrong(fmt::format("`{}` is not in hexadecimal", name));
    for (std::size_t i = 0; i < digits.size(); i += 2)
        out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    return out;
}

}  // namespace

void wrong(const std::string& what) {
    throw std::runtime_error("the state that was handed over: " + what);
}

void out_of_range(const char* name) {
    wrong(fmt::format("`{}` is out of its range", name));
}

const Json& list_of(std::size_t size, const Json& value, const char* name) {
    if (!value.is_array() || value.size() != size)
        wrong(fmt::format("`{}` is no list of {}", name, size));
    return value;
}

std::string coded(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        if (value >= 0x80) out += static_cast<char>(0xC0 | value >> 6);
        out += static_cast<char>(value < 0x80 ? value : 0x80 | (value & 0x3F));
    }
    return out;
}

std::string decoded(const std::string& characters) {
    std::string out;
    for (std::size_t i = 0; i < characters.size(); ++i) {
        const auto value = static_cast<unsigned char>(characters[i]);
        if (value >= 0x80 && (value > 0xC3 || i + 1 == characters.size()))
            wrong("a text is not of bytes");
        out += value < 0x80 ? characters[i]
                            : static_cast<char>((value & 3) << 6 | (characters[++i] & 0x3F));
    }
    return out;
}

std::string text(const Json& json, const char* name) {
    return decoded(json.at(name).get<std::string>());
}

pid_t pid(const Json& json) {
    const auto value = number<pid_t>(json, "pid");
    if (value <= 1) wrong("`pid` is nobody's");
    return value;
}

HandedFd descriptor(const Json& json, const char* name) {
    const int value = number<int>(json, name);
    if (value < -1 || (value >= 0 && (value < 3 || ::fcntl(value, F_GETFD) < 0)))
        wrong(fmt::format("`{}` {} is no open descriptor", name, value));
    return {value};
}

HandedFd open_descriptor(const Json& json, const char* name) {
    HandedFd fd = descriptor(json, name);
    if (fd.number < 0) wrong(fmt::format("`{}` is missing", name));
    return fd;
}

std::string address_text(const SocketAddress& address) {
    return to_hex({reinterpret_cast<const char*>(address.raw()), address.length});
}

SocketAddress address(const Json& json, const char* name) {
    const std::string bytes = from_hex(json, name);
    if (bytes.size() > SocketAddress::capacity) wrong(fmt::format("`{}` is too long", name));
    SocketAddress out;
    bytes.copy(reinterpret_cast<char*>(out.raw()), bytes.size());
    out.length = static_cast<socklen_t>(bytes.size());
    return out;
}

}  // namespace minetd::handed
