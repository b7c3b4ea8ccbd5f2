// SPDX-License-Identifier: ISC
// The table of builtins, and the one way to a handler.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "daemon/config/service_spec.h"
#include "services/handler.h"

namespace minetd {

std::span<const Builtin> builtins() noexcept;
/// By name, without case; null when there is none.
const Builtin* find_builtin(std::string_view name) noexcept;

/// The handler of a service whose `builtin` is set: the builtin of that name, or else a module.
/// Only for processes that have dropped their privileges. Throws std::exception, with a message
/// that says what to do, when there is none or it does not serve this kind of socket. `context`
/// outlives the handler.
std::unique_ptr<Handler> make_handler(const ServiceSpec& spec, const ServiceContext& context,
                                      LogLine log);

/// Opens what make_handler() will need, where it is a module: for the process from which the
/// servers are forked, so that they have it already, and the same one. Throws as make_handler()
/// does.
void prepare_handler(const ServiceSpec& spec);

/// The service is a builtin that is told of all services' scoreboards (ServiceContext::status).
bool shows_boards(const ServiceSpec& spec) noexcept;
/// The service is a sensor: whoever touches it may be denied all others.
bool is_sensor(const ServiceSpec& spec) noexcept;

}  // namespace minetd
