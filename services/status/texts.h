// SPDX-License-Identifier: ISC
// A snapshot in the three forms that are asked for: mod_status's text for machines, JSON, and a
// page for people. Pure; whatever comes from outside is escaped.
#pragma once

#include <string>

#include "services/status/snapshot.h"

namespace minetd::status {

/// mod_status's `?auto`: its keys in its order. `only`: of one service; else of all together, the
/// letters one after the other.
std::string auto_text(const Snapshot& snapshot, const Service* only = nullptr);

/// The listings `services` and `servers`: a line for each, columns with a blank between them, `-`
/// for what there is not. `id protocol port mpm`; `id pid client since`, the last as local time.
std::string services_text(const Snapshot& snapshot);
std::string servers_text(const Snapshot& snapshot);

std::string json_text(const Snapshot& snapshot, const Service* only = nullptr);

struct PageOptions {
    unsigned refresh = 0;  ///< seconds; 0: never
    bool table = true;     ///< else no line for each process and worker
};
std::string page(const Snapshot& snapshot, const Service* only = nullptr, PageOptions options = {});

}  // namespace minetd::status
