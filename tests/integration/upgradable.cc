// SPDX-License-Identifier: ISC
#include "tests/integration/upgradable.h"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

namespace minetd {

Upgradable::Upgradable(std::string_view configuration, LaunchOptions options) {
    install(from_environment("MINETD"));
    options.binary = file("minetd");
    daemon_.emplace(configuration, std::move(options));
}

void Upgradable::install(const std::string& binary) {
    // In one step, as a package manager does it.
    std::filesystem::create_symlink(binary, file("minetd.new"));
    std::filesystem::rename(file("minetd.new"), file("minetd"));
}

void Upgradable::install_script(const std::string& text) {
    static int number = 0;
    const std::string script = file("script" + std::to_string(++number));
    write_file(script, "#!/bin/sh\nMINETD=" + from_environment("MINETD") + "\n" + text + "\n");
    std::filesystem::permissions(script, std::filesystem::perms{0755});
    install(script);
}

void Upgradable::uninstall() {
    std::filesystem::remove(file("minetd"));
}

std::string Upgradable::upgrade() {
    const std::size_t before = daemon_->output().size();
    daemon_->signal(SIGUSR2);
    return await_outcome(before);
}

std::string Upgradable::await_outcome(std::size_t from) {
    std::string line = daemon_->await_output("upgrade", from);
    // First it says that it checks, and becomes another.
    while (line.find("upgraded from") == line.npos && line.find("upgrade refused") == line.npos) {
        from = daemon_->output().find(line, from) + line.size();
        line = daemon_->await_output("upgrade", from);
    }
    return line;
}

void Upgradable::must_upgrade() {
    const std::string outcome = upgrade();
    INFO(daemon_->output());
    REQUIRE(outcome.find("upgraded from minetd") != outcome.npos);
}

}  // namespace minetd
