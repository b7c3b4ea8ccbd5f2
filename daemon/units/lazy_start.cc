// SPDX-License-Identifier: ISC
#include "daemon/units/lazy_start.h"

#include <fmt/format.h>

#include "daemon/units/descriptor_name.h"
#include "daemon/units/listen_addresses.h"
#include "daemon/units/unit_names.h"

namespace minetd {

LazyStart lazy_start(const Configuration& configuration, const std::string& source, bool ipv6) {
    LazyStart done;
    UnitNames names{{}};
    for (const auto& spec : configuration.services) {
        if (spec->tcpmux) continue;  // it has no socket
        const ListenAddresses addresses = listen_addresses(*spec, ipv6);
        if (!addresses.problem.empty()) {
            done.left.push_back({spec->where, spec->id, addresses.problem});
            continue;
        }
        UnitFile unit("minetd-" + names.name_for(*spec) + ".socket");
        unit.remark("Unit", fmt::format("From {}, by minetd-generator.", spec->where.str()));
        unit.set("Unit", "Description",
                 "Socket of " + unit_value(spec->id).value_or("service " + unit_name(spec->id)));
        unit.set("Unit", "Documentation", "man:minetd-generator(8)");
        if (const auto path = unit_value(source)) unit.set("Unit", "SourcePath", *path);
        unit.set("Unit", "PartOf", "minetd-sockets.target");
        write_socket_options(*spec, addresses, unit);
        unit.set("Socket", "Service", "minetd.service");
        if (const auto name = unit_value(descriptor_name(spec->key())))
            unit.set("Socket", "FileDescriptorName", *name);
        done.sockets.push_back(std::move(unit));
    }
    return done;
}

}  // namespace minetd
