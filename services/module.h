// SPDX-License-Identifier: ISC
// A loadable service: a shared object that speaks the interface of minetd_service.h, and the
// handler that it is for the drivers. Only module.cc opens shared objects.
#pragma once

#include <memory>
#include <string>

#include "services/handler.h"
#include "services/minetd_service.h"

namespace minetd {

/// An opened and checked module. It stays open until the process ends: nobody knows what it left
/// behind (threads, handlers) that would run into nothing.
class Module {
  public:
    /// Runs the module's constructors: only for processes that have dropped their privileges.
    /// Throws std::runtime_error with the file, what is wrong with it and what to do.
    explicit Module(const std::string& file);

    /// As this minetd knows it: members that the module is too old to have are null.
    const minetd_service& service() const noexcept { return service_; }
    const std::string& file() const noexcept { return file_; }

  private:
    std::string file_;
    minetd_service service_{};
};

/// Calls the module's open(), and its close() at the end of the handler. Throws std::runtime_error
/// with the module's own reason. `context` outlives the handler; `log` may be called by any thread.
std::unique_ptr<Handler> make_module_handler(const Module& module, const ServiceContext& context,
                                             LogLine log);

}  // namespace minetd
