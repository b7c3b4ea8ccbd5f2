// SPDX-License-Identifier: ISC
// What others are told of a service: rpcbind(8), multicast DNS.
#include "daemon/config/admission_codecs.h"
#include "daemon/config/attribute_row.h"
#include "daemon/config/mdns_codecs.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

constexpr Row<Spec> table[] = {
    row<Number, &Spec::rpc, &RpcProgram::number>(
        {"rpc_number", "", 0, 4294967295, false, socket,
         "the RPC program; 0: as rpc(5) has it under the service's name"}),
    row<Versions, &Spec::rpc>({"rpc_version", "", 0, 4294967295, false, socket,
                               "the versions of its RPC program that rpcbind(8) is told of"}),
    row<YesNo, &Spec::mdns, &MdnsSpec::announced>(
        {"mdns", "", 0, 0, true, none, "announces the service over multicast DNS"}),
    row<DiscoveryName, &Spec::mdns, &MdnsSpec::name>(
        {"mdns_name", "", 1, 63, true, none,
         "the name under which multicast DNS shows the service"}),
    row<DiscoveryType, &Spec::mdns, &MdnsSpec::type>(
        {"mdns_type", "", 0, longest, false, none,
         "its type for multicast DNS; empty: _NAME._tcp or _NAME._udp with the service's name"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::registration_rows() noexcept {
    return table;
}

}  // namespace minetd
