// Folds the filters away where there is little room.
const filters = document.querySelector("details.filters");
if (filters && matchMedia("(max-width: 56rem)").matches) filters.open = false;
