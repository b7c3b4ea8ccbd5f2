// SPDX-License-Identifier: ISC
// One service on its way into units.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/service_spec.h"
#include "daemon/units/shape.h"
#include "daemon/units/unit_file.h"

namespace minetd {

/// Something that the units do not do as the configuration has it.
struct Loss {
    Where where;
    std::string service, text;
};

struct Translation {
    const ServiceSpec& spec;
    Shape shape;
    UnitFile &socket, &service, &slice;
    std::vector<Loss>& losses;

    /// [Socket], [Service] (and [Slice], where the limits of all processes together are).
    void in_socket(std::string_view key, std::string_view value) {
        socket.set("Socket", key, value);
    }
    void in_service(std::string_view key, std::string_view value) {
        service.set("Service", key, value);
    }
    /// A value as it stands; lost where it cannot be written.
    void in_service_plain(std::string_view attribute, std::string_view key, std::string_view before,
                          const std::string& text) {
        if (const auto value = unit_value(text))
            in_service(key, std::string(before) + *value);
        else
            lost(attribute, "the value cannot be written in a unit");
    }
    void lost(std::string_view attribute, std::string_view text) {
        std::string line = std::string(attribute) + ": " + std::string(text);
        service.remark("Service", line);
        losses.push_back({spec.where, spec.id, std::move(line)});
    }
};

}  // namespace minetd
