// SPDX-License-Identifier: ISC
// What is about the socket: listen_addresses.cc writes it, for all services alike.
#include "daemon/units/unit_rows.h"

namespace minetd {
namespace {

constexpr UnitRow rows[] = {
    {"service", nullptr},      {"id", nullptr},          {"disable", nullptr},
    {"socket_type", nullptr},  {"protocol", nullptr},    {"port", nullptr},
    {"bind", nullptr},         {"path", nullptr},        {"socket_user", nullptr},
    {"socket_group", nullptr}, {"socket_mode", nullptr}, {"interface", nullptr},
    {"freebind", nullptr},     {"v6only", nullptr},      {"reuse_port", nullptr},
    {"keepalive", nullptr},    {"nodelay", nullptr},     {"listen_backlog", nullptr},
    {"sndbuf", nullptr},       {"rcvbuf", nullptr},      {"serve", nullptr},
    {"tcpmux", nullptr},       {"rpc_number", nullptr},  {"rpc_version", nullptr},
};

}  // namespace

std::span<const UnitRow> socket_unit_rows() noexcept {
    return rows;
}

}  // namespace minetd
