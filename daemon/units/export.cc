// SPDX-License-Identifier: ISC
#include "daemon/units/export.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/units/descriptor_name.h"
#include "daemon/units/minetd_unit.h"
#include "daemon/units/unit_names.h"
#include "daemon/units/unit_rows.h"

namespace minetd {
namespace {

using Services = std::vector<std::shared_ptr<const ServiceSpec>>;

std::string description(const ServiceSpec& spec) {
    return unit_value(spec.id).value_or("service of " + unit_name(spec.id));
}

/// What can be said of a minetd that serves nothing else.
void tell_of_minetd(const ServiceSpec& spec, std::string_view why, const ExportOptions& options,
                    Translation& t) {
    t.lost("serve", fmt::format("it runs under minetd: {}",
                                why.empty() ? "systemd serves nothing itself" : why));
    for (const KnownBuiltin& builtin : options.builtins)
        if (builtin.name == spec.builtin && builtin.tells_of_all)
            t.lost("builtin", fmt::format("{} tells of the services of its own minetd, which are "
                                          "none but itself",
                                          spec.builtin));
    if (spec.deny_time != deny_never)
        t.lost("deny_time", "only services of the same minetd refuse who touched this sensor");
}

class Exporter {
  public:
    Exporter(const Configuration& configuration, const ExportOptions& options)
        : configuration_(configuration), options_(options) {}

    UnitExport run() {
        for (const auto& spec : configuration_.services) add(spec);
        return std::move(done_);
    }

  private:
    void add(const std::shared_ptr<const ServiceSpec>& spec);
    void add_units(const std::shared_ptr<const ServiceSpec>& spec, const ListenAddresses& addresses,
                   Shape shape, const std::string& name, const std::string& why);
    Services tcpmux_entries() const;

    const Configuration& configuration_;
    const ExportOptions& options_;
    UnitNames names_{{"minetd", "xinetd", "inetd"}};
    UnitExport done_;
};

Services Exporter::tcpmux_entries() const {
    Services entries;
    for (const auto& spec : configuration_.services)
        if (spec->tcpmux) entries.push_back(spec);
    return entries;
}

void Exporter::add(const std::shared_ptr<const ServiceSpec>& spec) {
    std::string why;
    const ListenAddresses addresses = listen_addresses(*spec, options_.ipv6);
    const Shape shape = shape_of(*spec, addresses, why);
    if (shape == Shape::behind_tcpmux) {
        const auto& all = configuration_.services;
        if (std::none_of(all.begin(), all.end(),
                         [](const auto& other) { return other->builtin == "tcpmux"; }))
            done_.losses.push_back({spec->where, spec->id,
                                    "tcpmux: no service leads to it, and systemd knows no tcpmux: "
                                    "it has no unit"});
        return;
    }
    const std::string name = names_.name_for(*spec);
    if (shape != Shape::taken_over || addresses.values.size() == 1)
        return add_units(spec, addresses, shape, name, why);
    // Standard input is one socket: each has a program of its own, as under an inetd.
    for (std::size_t i = 0; i < addresses.values.size(); ++i) {
        ListenAddresses one = addresses;
        one.values = {addresses.values[i]};
        add_units(spec, one, shape, i == 0 ? name : names_.name_for(*spec), why);
    }
}

void Exporter::add_units(const std::shared_ptr<const ServiceSpec>& spec,
                         const ListenAddresses& addresses, Shape shape, const std::string& name,
                         const std::string& why) {
    const bool per_connection = shape == Shape::per_connection;
    const bool under_minetd = shape == Shape::minetd || shape == Shape::alone;
    UnitFile socket(name + ".socket"), service(name + (per_connection ? "@.service" : ".service"));
    // In the name of a slice a dash means that it is within another.
    std::string slice_name = name;
    std::replace(slice_name.begin(), slice_name.end(), '-', '_');
    UnitFile slice("minetd-" + slice_name + ".slice");

    const std::string from = fmt::format("From {}, by minetd --systemd-units.", spec->where.str());
    if (shape != Shape::alone) {
        socket.remark("Unit", from);
        socket.set("Unit", "Description", "Socket of " + description(*spec));
        write_socket_options(*spec, addresses, socket);
        socket.set("Socket", "Accept", per_connection ? "yes" : "no");
    }
    service.remark("Unit", from);
    service.set("Unit", "Description", description(*spec));
    if (per_connection)
        // What failed would count as a connection for ever.
        service.set("Unit", "CollectMode", "inactive-or-failed");
    else
        service.set("Unit", "StartLimitIntervalSec", "0");

    Translation t{*spec, shape, socket, service, slice, done_.losses};
    if (under_minetd) {
        tell_of_minetd(*spec, why, options_, t);
        Configuration own;
        own.daemon = configuration_.daemon;
        own.services = {spec};
        if (spec->builtin == "tcpmux")
            for (auto& entry : tcpmux_entries()) own.services.push_back(std::move(entry));
        write_minetd_service(std::move(own), options_.minetd, service);
        const auto descriptor = unit_value(descriptor_name(spec->key()));
        if (shape == Shape::minetd) {
            if (descriptor) t.in_socket("FileDescriptorName", *descriptor);
            t.in_socket("TriggerLimitIntervalSec", "0s");
        }
    } else {
        write_unit_rows(t);
    }
    if (!slice.empty()) {
        service.set("Service", "Slice", slice.name());
        done_.files.push_back(std::move(slice));
    }
    if (shape == Shape::alone)
        service.set("Install", "WantedBy", "multi-user.target");
    else
        socket.set("Install", "WantedBy", "sockets.target");
    if (!socket.empty()) done_.files.push_back(std::move(socket));
    done_.files.push_back(std::move(service));
}

}  // namespace

UnitExport export_units(const Configuration& configuration, const ExportOptions& options) {
    return Exporter(configuration, options).run();
}

}  // namespace minetd
