// SPDX-License-Identifier: MIT
document.body.append(document.createElement('main'));
