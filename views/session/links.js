// Links that the browser follows by itself: into a new tab or window, copied, or bookmarked.

if (!window.nudgeLinks) {
  window.nudgeLinks = true;

  // Streamlit takes every click on its links; one that asks for a tab or a window is the browser's.
  document.addEventListener(
    "click",
    (event) => {
      const own = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
      if (own && event.target instanceof Element && event.target.closest("a[href]")) event.stopPropagation();
    },
    true,
  );

  // A click in the navigation goes on with the view that is there, so its addresses hold it, too.
  const carry = () => {
    // In an array, for a type in angle brackets would be taken for markup: this stands within a page.
    const links = [...document.querySelectorAll("[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]")];
    for (const link of /** @type {HTMLAnchorElement[]} */ (links)) {
      if (link.search !== location.search) link.search = location.search;
    }
  };
  // Whenever the address changes, and whenever a link is made.
  for (const name of /** @type {const} */ (["pushState", "replaceState"])) {
    const change = history[name];
    history[name] = function (...told) {
      change.apply(this, told);
      carry();
    };
  }
  window.addEventListener("popstate", carry);
  new MutationObserver(carry).observe(document.body, { childList: true, subtree: true, attributeFilter: ["href"] });
  carry();
}
