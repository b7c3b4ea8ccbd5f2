// SPDX-License-Identifier: ISC
// What the units of each service are called.
#pragma once

#include <set>
#include <string>

#include "daemon/config/service_spec.h"

namespace minetd {

class UnitNames {
  public:
    /// `taken` are names that nobody gets.
    explicit UnitNames(std::set<std::string> taken) : taken_(std::move(taken)) {}
    /// The service's id; with the protocol, and then a number, where another one is called so.
    std::string name_for(const ServiceSpec& spec);

  private:
    std::set<std::string> taken_;
};

}  // namespace minetd
