// SPDX-License-Identifier: ISC
#include "daemon/units/descriptor_name.h"

namespace minetd {
namespace {

constexpr std::size_t longest_name = 255;  // FDNAME_MAX of systemd
constexpr std::size_t number_size = 8;

}  // namespace

std::string descriptor_name(const std::string& key) {
    std::string name = key.substr(0, longest_name - number_size);
    for (char& c : name)
        if (c == ':' || static_cast<unsigned char>(c) < ' ' || c == 127) c = ';';
    return name;
}

}  // namespace minetd
